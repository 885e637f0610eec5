/**
 * Screens and sheets that a phone does not need for its first one, nor to issue a voucher. They lie in the service worker's store from the
 * installation on, so that they open without a network too.
 */
function room<Part>(load: () => Promise<Part>): () => Promise<Part> {
  return async () => {
    await import('../../text/later');
    return load();
  };
}

export const ROOMS = {
  customers: room(() => import('./Customers.svelte')),
  hand: room(() => import('./InHand.svelte')),
  more: room(() => import('./More.svelte')),
  start: room(() => import('./StartVisit.svelte')),
  foreign: room(() => import('./ForeignSheet.svelte')),
  deduction: room(() => import('./DeductionSheet.svelte')),
  photos: room(() => import('./ChequePhotos.svelte')),
  customer: room(() => import('./CustomerCard.svelte')),
  no_payment: room(() => import('./NoPayment.svelte')),
  contact: room(() => import('./ContactLog.svelte')),
  confirm: room(() => import('./Confirm.svelte')),
  ask: room(() => import('./Ask.svelte')),
  asked: room(() => import('./Asked.svelte')),
  day: room(() => import('./DayClose.svelte')),
  declare: room(() => import('./DepositDeclare.svelte')),
  deposit: room(() => import('./DepositState.svelte')),
  sending: room(() => import('./Sending.svelte')),
  vouchers: room(() => import('./Vouchers.svelte')),
  wipe: room(() => import('./Wipe.svelte')),
} as const;

/** Read ahead when nothing else is to be done, so that a tap finds them there. */
export function read_ahead(): void {
  const idle = (globalThis as { requestIdleCallback?: (work: () => void) => void }).requestIdleCallback ?? ((work) => setTimeout(work, 500));
  for (const load of Object.values(ROOMS)) idle(() => void load().catch(() => undefined));
}
