/** Enrolment codes: eight characters, in the fragment of a link (`…/enrol#K7QM2X9A`) or typed with blanks and in any case. */
export function tidy(typed: string): string {
  return typed
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replace(/[^0-9A-Za-z]/g, '')
    .toUpperCase();
}

export function code_in(text: string): string {
  const code = /(?:\/enrol)?#([0-9A-Za-z-]+)$/.exec(text)?.[1] ?? '';
  return tidy(code).length === 8 ? tidy(code) : '';
}
