/** Adds the texts of a declaration's code. Its screen imports this first; a phone's first screen never does. */
import { code_ar } from './code_ar';
import { code_en } from './code_en';
import { texts } from './index';

Object.assign(texts.ar, code_ar);
Object.assign(texts.en, code_en);
