/** Which cheques have their picture. A missing one is said, and never holds anything up. */
import type { Voucher } from '../../wire/types';

/**
 * With `bare_cheques` the office's rule of that name. Photos that came with the voucher hang at their cheque; pictures of an older version
 * do not say of which cheque they are.
 */
export function is_photographed({ tenders, photos = [], photographed = [] }: Voucher, place: number): boolean {
  const tender = tenders[place];
  if (photos.length > 0 && photographed.length === 0) return true;
  return photographed.includes(place) || (tender?.method === 'cheque' && (tender.photos ?? []).length > 0);
}

/** The cheques of a voucher that lack one, by their place among its tenders. */
export function bare_cheques(voucher: Voucher): number[] {
  return voucher.tenders.flatMap(({ method }, place) => (method === 'cheque' && !is_photographed(voucher, place) ? [place] : []));
}
