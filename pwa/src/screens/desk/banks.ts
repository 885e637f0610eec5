/** Banks as the company's own settings name them; a name that was typed in the field stands as it was typed. */
import { get } from 'svelte/store';

import { setting } from '../../text';
import { session } from '../../wire/client';

export function bank_text(code: string): string {
  const bank = get(session)?.company.policy.banks?.find(([known]) => known === code);
  return bank ? (setting.language === 'ar' ? bank[2] : bank[1]) : code;
}
