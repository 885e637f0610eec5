/** How names are compared when somebody searches: spelling that people mix up is folded into one. Never for display. */

const MARKS = /[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200c-\u200f\u061c]/g; // tashkeel, tatweel, joiners, direction marks
const PLAIN = /^[!-~]*(?: [!-~]+)*$/;
const SAME: Record<string, string> = { أ: 'ا', إ: 'ا', آ: 'ا', ٱ: 'ا', ة: 'ه', ى: 'ي', ی: 'ي', ک: 'ك', ؤ: 'و', ئ: 'ي' };

export function fold(text: string): string {
  // Codes, invoice numbers and most Latin names need nothing else, and there are many of them.
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKC')
    .replace(MARKS, '')
    .replace(/[أإآٱةىیکؤئ]/g, (letter) => SAME[letter] ?? letter)
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0))
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}
