/**
 * Every word on screen. `t(key, params)` reads the language in force, so that a screen that calls it is drawn anew when the
 * language changes. A text with plural forms takes the count in `n`.
 */
import { toStore } from 'svelte/store';

import { currency_of, format_amount, split } from '../ledger/money';

import { ar } from './ar';
import type { code_ar } from './code_ar';
import type { desk_ar } from './desk_ar';
import { en } from './en';
import type { later_ar } from './later_ar';
import type { printing_ar } from './printing_ar';
import { type Language, setting, set_language } from './setting.svelte';

export { setting, set_digits, set_language, set_place, set_text_size, set_theme, show_setting } from './setting.svelte';
export type { Digits, Language, TextSize, Theme } from './setting.svelte';
export { date_text, day_of, days_between, month_text, since_text, stamp_text, time_text } from './dates';

export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Text = string | Forms;
export type Key = keyof typeof ar | keyof typeof code_ar | keyof typeof desk_ar | keyof typeof later_ar | keyof typeof printing_ar;
export type Params = Record<string, string | number>;

/**
 * A phone starts with these alone. What opens later (`later.ts`), the desks (`desk.ts`), printing (`printing.ts`) and a deposit's
 * code (`code.ts`) bring theirs along when they load.
 */
export const texts = { ar: { ...ar }, en: { ...en } } as Record<Language, Record<Key, Text>>;
const rules: Record<Language, Intl.PluralRules> = { ar: new Intl.PluralRules('ar'), en: new Intl.PluralRules('en') };

export const language = toStore(
  () => setting.language,
  (next) => set_language(next),
);

const ARABIC_LETTER = /[\u0620-\u064a]/;
const PLAIN_NUMBER = /^[\d\u0660-\u0669][\d\u0660-\u0669.,:/\u066b\u066c]*$/;

/** A code or a name inside a sentence of the other direction must not pull its neighbours around. */
function isolated(value: string): string {
  const harmless = PLAIN_NUMBER.test(value) || (setting.language === 'en' && !ARABIC_LETTER.test(value));
  return harmless ? value : `\u2068${value}\u2069`;
}

/** Latin digits as the person wants to see them. Not for serials, cheque and phone numbers: those stay Latin. */
export function digits(text: string): string {
  if (setting.digits === 'latin' || setting.language !== 'ar') return text;
  return text.replace(/[0-9.,]/g, (sign) =>
    sign === ',' ? '\u066c' : sign === '.' ? '\u066b' : String.fromCharCode(0x0660 + Number(sign)),
  );
}

export function number_text(value: number): string {
  const grouped = String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  return digits(value < 0 ? `\u2212${grouped}` : grouped);
}

/** An amount in minor units as plain text, for sentences: with its currency, or `bare`. */
export function amount_text(minor: number, currency: string, bare = false): string {
  const shown = setting.language === 'ar' ? setting.digits : 'latin';
  return format_amount(minor, currency, { language: setting.language, digits: shown, number_only: bare });
}

/** A denomination as people say it: 200, and 0.50 for a coin. */
export function face_text(minor: number, currency: string): string {
  return amount_text(minor, currency, true).replace(/[.٫][0٠]+$/, '');
}

/** A currency where it heads a column: by its sign in Arabic, by its code in English. */
export function currency_text(currency: string): string {
  return setting.language === 'ar' ? currency_of(currency).sign_ar : currency;
}

/** A currency by its name: Egyptian pound. */
export function currency_name(currency: string): string {
  const { major_ar, major_en } = currency_of(currency);
  return setting.language === 'ar' ? major_ar.hundred : major_en.one;
}

/** A target or a limit, in whole units of the currency. */
export function whole_text(minor: number, currency: string): string {
  return digits(split(minor, currency).sign + split(minor, currency).whole);
}

/** How a screen reader should say it: the number with the counted noun, never digit by digit. */
export function spoken_amount(minor: number, currency: string): string {
  const { exponent, major_ar, minor_ar, major_en, minor_en } = currency_of(currency);
  const parts = split(Math.abs(minor), currency);
  const whole = Number(parts.whole.replaceAll(',', ''));
  const rest = Number(parts.fraction);
  const less = minor < 0 ? `${t('minus')} ` : '';
  if (setting.language === 'en') {
    const said = `${parts.whole} ${whole === 1 ? major_en.one : major_en.other}`;
    if (exponent === 0 || rest === 0 || !minor_en) return less + said;
    return `${less}${said} ${rest} ${rest === 1 ? minor_en.one : minor_en.other}`;
  }
  const counted = (count: number, unit: typeof major_ar): string => {
    const form = rules.ar.select(count);
    if (form === 'one') return unit.one;
    if (form === 'two') return unit.two;
    if (form === 'few') return `${count} ${unit.few}`;
    return `${count} ${form === 'many' ? unit.many : unit.hundred}`;
  };
  const said = counted(whole, major_ar);
  return less + (exponent === 0 || rest === 0 || !minor_ar ? said : `${said} و${counted(rest, minor_ar)}`);
}

export function t(key: Key, params: Params = {}): string {
  return say(setting.language, key, params);
}

/** The text in a given language: paper and the public page speak both. */
export function say(language: Language, key: Key, params: Params = {}): string {
  // A state or kind that only a newer office knows is shown as it is, and never takes the screen down.
  const text = (texts[language] as Partial<Record<Key, Text>>)[key] ?? key.slice(key.indexOf('.') + 1);
  const count = params['n'];
  // English has no plural class for none, but where there is nothing a text may well say something else.
  const none = typeof text !== 'string' && Number(count ?? 0) === 0 ? text.zero : undefined;
  const form = typeof text === 'string' ? text : (none ?? text[rules[language].select(Number(count ?? 0))] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = params[name];
    if (value === undefined) return place;
    return isolated(typeof value === 'number' ? number_text(value) : value);
  });
}

type Coded =
  | 'flag' | 'problem' | 'outcome' | 'void_reason'
  | 'asked' | 'case_state' | 'channel' | 'contact_outcome' | 'delay_reason' | 'dispute_reason' | 'dispute_state' | 'means' | 'next_action'
  | 'paper_kind' | 'promise_state' | 'move_reason' | 'kept_back' | 'no_position' | 'day_undone' | 'day.method';

/** A text by a code that came over the wire: an unknown one (a newer server) is shown as it is. */
export function coded(prefix: Coded, code: string, params: Params = {}): string {
  const key = `${prefix}.${code}`;
  return key in texts.ar ? t(key as Key, params) : code;
}

/** The name of a customer, person or company in the language in force, or the only one that there is. */
export function name_of(thing: { name: string; name_ar?: string } | null | undefined): string {
  if (!thing) return '';
  const arabic = thing.name_ar ?? '';
  return setting.language === 'ar' ? arabic || thing.name : thing.name || arabic;
}
