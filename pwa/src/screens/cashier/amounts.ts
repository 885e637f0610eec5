/** Typed amounts of a count: read by the one money rule, with both readings told where the comma leaves two. */
import { format_amount, parse_amount } from '../../ledger/money';
import { setting, t } from '../../text';

/** Minor units, or null where it cannot be read or could be read in two ways. */
export function read_amount(text: string, currency: string): number | null {
  const reading = parse_amount(text, currency);
  return reading.kind === 'parsed' ? reading.amount : null;
}

/** What to say about a cell that `read_amount` could not read. */
export function amount_doubt(text: string, currency: string): string {
  const reading = parse_amount(text, currency);
  if (reading.kind !== 'ambiguous') return t('cashier.amount_unread');
  const write = (minor: number) => format_amount(minor, currency, { language: setting.language, number_only: true });
  return t('cashier.amount_two_ways', { one: write(reading.grouped), other: write(reading.decimal) });
}

/** What stands on a note or coin: 200, 0.25. Decimals that are all zero are not printed on money. */
export function note_text(minor: number, currency: string): string {
  return figure(minor, currency).replace(/[.٫][0٠]+$/, '');
}

/** A figure without its currency, which the head of the column names. */
export function figure(minor: number, currency: string): string {
  return format_amount(minor, currency, { language: setting.language, digits: setting.digits, number_only: true });
}
