/** Dates for people: Gregorian, 24 hours, in the company's time zone; months as its country names them. */
import { digits, t } from './index';
import { type Language, setting } from './setting.svelte';

const LEVANT = new Set(['LB', 'SY', 'JO', 'PS', 'IQ']);

function locale(language: Language): string {
  if (language === 'en') return 'en-GB';
  return `${LEVANT.has(setting.country) ? 'ar-LB' : 'ar-EG'}-u-nu-latn-ca-gregory`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Kept, because making one takes far longer than using it, and a list uses one in each row. */
function format_of(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}

/** A date without a time (`2026-11-22`) is that day everywhere; a moment falls on a day of the company's zone. */
function parts(iso: string, options: Intl.DateTimeFormatOptions, language: Language = setting.language): Record<string, string> {
  const zone = iso.length === 10 ? 'UTC' : setting.time_zone;
  const format = format_of(locale(language), { ...options, timeZone: zone, hourCycle: 'h23' });
  return Object.fromEntries(format.formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
}

function valid(iso: string): boolean {
  return !Number.isNaN(new Date(iso).getTime());
}

export type DateStyle = 'full' | 'long' | 'short' | 'day' | 'table';

/**
 * full: Sun 22 November 2026; long: 22 November 2026; short: 22 November; day: Sun 22 November; table: 22/11/2026.
 * language: for a text that somebody else reads; it has Latin digits.
 */
export function date_text(iso: string, style: DateStyle = 'long', language?: Language): string {
  if (!valid(iso)) return iso;
  const said = language ?? setting.language;
  if (style === 'table') {
    const { day = '', month = '', year = '' } = parts(iso, { day: '2-digit', month: '2-digit', year: 'numeric' });
    return digits(`${day}/${month}/${year}`);
  }
  const length = said === 'en' ? 'short' : 'long';
  const wanted = parts(iso, { weekday: length, day: 'numeric', month: length, year: 'numeric' }, said);
  const words = [
    style === 'full' || style === 'day' ? wanted['weekday'] : undefined,
    wanted['day'],
    wanted['month'],
    style === 'full' || style === 'long' ? wanted['year'] : undefined,
  ];
  const text = words.filter((word) => word !== undefined).join(' ');
  return language === undefined ? digits(text) : text;
}

export function month_text(iso: string): string {
  return parts(iso, { month: 'long' })['month'] ?? iso;
}

export function time_text(iso: string): string {
  if (!valid(iso)) return '';
  const { hour = '', minute = '' } = parts(iso, { hour: '2-digit', minute: '2-digit' });
  return digits(`${hour}:${minute}`);
}

export function stamp_text(iso: string): string {
  return `${date_text(iso, 'table')} ${time_text(iso)}`;
}

/** The business day (`2026-11-22`) on which a moment falls. */
export function day_of(moment: Date | string): string {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: setting.time_zone } as const;
  const named = format_of('en-US', options).formatToParts(new Date(moment));
  const part = (type: string): string => named.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** Whole days from one date to another; negative when the second is earlier. */
export function days_between(from: string, to: string): number {
  return Math.round((Date.parse(to.slice(0, 10)) - Date.parse(from.slice(0, 10))) / 86_400_000);
}

/** How long ago, in words; over a day the date says more. */
export function since_text(iso: string, now: Date): string {
  if (!valid(iso)) return '';
  const minutes = Math.max(0, Math.floor((now.getTime() - new Date(iso).getTime()) / 60_000));
  if (minutes < 1) return t('since.now');
  if (minutes < 60) return t('since.minutes', { n: minutes });
  if (minutes < 24 * 60) return t('since.hours', { n: Math.floor(minutes / 60) });
  return stamp_text(iso);
}
