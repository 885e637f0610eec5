/** Adds the texts of the desks. Whoever draws a desk imports this first; it must never be imported by a phone's screen. */
import { desk_ar } from './desk_ar';
import { desk_en } from './desk_en';
import { texts } from './index';
import './later';

Object.assign(texts.ar, desk_ar);
Object.assign(texts.en, desk_en);
