/** Egypt's tax authority shows a registered invoice to whoever has its two ids. */
import type { EInvoice } from '../../../wire/types';

const SHARED = 'https://invoicing.eta.gov.eg/documents';

/** The address of the public copy, or '' without the long id. */
export function public_copy({ uuid, long_id = '' }: EInvoice): string {
  return uuid && long_id ? `${SHARED}/${encodeURIComponent(uuid)}/share/${encodeURIComponent(long_id)}` : '';
}
