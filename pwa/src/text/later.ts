/** Adds the texts of what a phone opens after its first screen. `rooms.ts` loads them with the first such room, a desk with its own. */
import { texts } from './index';
import { later_ar } from './later_ar';
import { later_en } from './later_en';

Object.assign(texts.ar, later_ar);
Object.assign(texts.en, later_en);
