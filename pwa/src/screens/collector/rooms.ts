/**
 * Screens and sheets that a phone does not need for its first one, nor to issue a voucher. They lie in the service worker's store from the
 * installation on, so that they open without a network too.
 */
export const ROOMS = {
  customers: () => import('./Customers.svelte'),
  hand: () => import('./InHand.svelte'),
  more: () => import('./More.svelte'),
  start: () => import('./StartVisit.svelte'),
  foreign: () => import('./ForeignSheet.svelte'),
  deduction: () => import('./DeductionSheet.svelte'),
  photos: () => import('./ChequePhotos.svelte'),
  customer: () => import('./CustomerCard.svelte'),
  no_payment: () => import('./NoPayment.svelte'),
  contact: () => import('./ContactLog.svelte'),
  confirm: () => import('./Confirm.svelte'),
  ask: () => import('./Ask.svelte'),
  asked: () => import('./Asked.svelte'),
  day: () => import('./DayClose.svelte'),
  declare: () => import('./DepositDeclare.svelte'),
  deposit: () => import('./DepositState.svelte'),
  sending: () => import('./Sending.svelte'),
  vouchers: () => import('./Vouchers.svelte'),
  wipe: () => import('./Wipe.svelte'),
} as const;

/** Read ahead when nothing else is to be done, so that a tap finds them there. */
export function read_ahead(): void {
  const idle = (globalThis as { requestIdleCallback?: (work: () => void) => void }).requestIdleCallback ?? ((work) => setTimeout(work, 500));
  for (const load of Object.values(ROOMS)) idle(() => void load().catch(() => undefined));
}
