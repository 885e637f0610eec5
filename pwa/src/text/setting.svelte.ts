/** How this person wants to read: language, digits, theme, size of text. Kept in the browser, because it must hold before any login. */

export type Language = 'ar' | 'en';
export type Theme = 'system' | 'light' | 'dark' | 'contrast';
export type Digits = 'latin' | 'arabic';
export type TextSize = 'normal' | 'large' | 'largest';

const THEMES: readonly Theme[] = ['system', 'light', 'dark', 'contrast'];
const DIGITS: readonly Digits[] = ['latin', 'arabic'];
const SIZES: readonly TextSize[] = ['normal', 'large', 'largest'];

function kept<T extends string>(name: string, allowed: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(`sanad.${name}`);
    return allowed.find((one) => one === value);
  } catch {
    return undefined; // A browser may forbid storage to a page; the page must be readable all the same.
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`sanad.${name}`, value);
  } catch {
    // Then the choice holds until the page is closed.
  }
}

function first_language(): Language {
  return kept<Language>('language', ['ar', 'en']) ?? (navigator.language.startsWith('en') ? 'en' : 'ar');
}

export const setting = $state({
  language: first_language(),
  theme: kept<Theme>('theme', THEMES) ?? 'system',
  digits: kept<Digits>('digits', DIGITS) ?? 'latin',
  text_size: kept<TextSize>('text_size', SIZES) ?? 'normal',
  country: 'EG',
  time_zone: 'Africa/Cairo',
});

export function set_language(language: Language): void {
  setting.language = language;
  keep('language', language);
  show_setting();
}

export function set_theme(theme: Theme): void {
  setting.theme = theme;
  keep('theme', theme);
  show_setting();
}

export function set_digits(digits: Digits): void {
  setting.digits = digits;
  keep('digits', digits);
}

export function set_text_size(size: TextSize): void {
  setting.text_size = size;
  keep('text_size', size);
  show_setting();
}

/** The company's country decides the names of months, its time zone the business day. */
export function set_place(country: string, time_zone: string): void {
  setting.country = country;
  setting.time_zone = time_zone;
}

/** Chosen in another window of this browser: two windows side by side never speak two languages. */
window.addEventListener('storage', ({ key }) => {
  if (key === 'sanad.language') setting.language = first_language();
  else if (key === 'sanad.theme') setting.theme = kept<Theme>('theme', THEMES) ?? 'system';
  else if (key === 'sanad.digits') setting.digits = kept<Digits>('digits', DIGITS) ?? 'latin';
  else if (key === 'sanad.text_size') setting.text_size = kept<TextSize>('text_size', SIZES) ?? 'normal';
  else return;
  show_setting();
});

/** Writes language, direction, theme and size of text on the document; called at start and after each change. */
export function show_setting(): void {
  const root = document.documentElement;
  root.lang = setting.language;
  root.dir = setting.language === 'ar' ? 'rtl' : 'ltr';
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const more_contrast = matchMedia('(prefers-contrast: more)').matches;
  root.dataset['theme'] = setting.theme === 'system' ? (more_contrast ? 'contrast' : dark ? 'dark' : 'light') : setting.theme;
  root.dataset['text'] = setting.text_size;
}
