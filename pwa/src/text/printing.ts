/** Adds the texts of receipt printers. Whoever prints imports this first; a phone's first screen never does. */
import { texts } from './index';
import { printing_ar } from './printing_ar';
import { printing_en } from './printing_en';

Object.assign(texts.ar, printing_ar);
Object.assign(texts.en, printing_en);
