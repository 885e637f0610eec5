/** An answer in a few words, for a chip beside its item. */
import type { IconName } from '../../parts/icons';
import { amount_text, coded, date_text, t } from '../../text';
import { type Answer, type Asked, lacks } from './answers';
import { amount_of } from './collecting';

export interface Said {
  tone: 'info' | 'warn' | 'bad' | 'neutral';
  icon: IconName;
  text: string;
}

/** own: the answer was given for this item, so that its amount is the item's. */
export function words_of(answer: Answer, item: Asked, own: boolean): Said {
  if (answer.said === '' || answer.said === 'collected') return { tone: 'neutral', icon: 'edit', text: t('no_payment.no_answer') };
  const word = coded('outcome', answer.said);
  const lack = lacks(answer, item.open, item.currency);
  if (lack) return { tone: 'neutral', icon: 'edit', text: `${word} · ${t(`no_payment.${lack}`)}` };
  if (answer.said === 'promised') return { tone: 'info', icon: 'clock', text: `${word} · ${date_text(answer.date, 'day')}` };
  if (answer.said === 'disputed') {
    const part = own && answer.amount.trim() !== '' ? ` ${amount_text(amount_of(answer.amount, item.currency), item.currency, true)}` : '';
    return { tone: 'warn', icon: 'flag', text: `${coded('dispute_reason', answer.dispute)}${part}` };
  }
  if (answer.said === 'delayed') return { tone: 'warn', icon: 'clock', text: coded('delay_reason', answer.delay) };
  return { tone: answer.said === 'refused' ? 'bad' : 'neutral', icon: answer.said === 'refused' ? 'cross' : 'check', text: word };
}
