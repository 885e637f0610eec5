/** What a collector brings back besides money, in the documents that a screen shows. Twin of sync/follow_up.py and sync/visits.py. */
import type { Plan } from '../wire/types';
import type { Next, Rules } from './overlay';
import { promise_made } from './promises';

export const FOLLOW_UP: Rules = {
  promise_made,

  dispute_raised(next, { id, at, by, body }) {
    if (next.get('dispute', id)) return;
    next.put('dispute', { ...body, id, at, by, state: 'raised' });
    next.change('customer', body.customer, ({ disputes = [] }) => ({ disputes: [...disputes, id] }));
  },

  contact_logged(next, { id, at, by, body }) {
    if (!next.get('contact', id)) next.put('contact', { ...body, id, at, by });
  },

  balance_confirmed(next, { id, at, by, body }) {
    if (!next.get('confirmation', id)) next.put('confirmation', { ...body, id, at, by });
  },

  item_delivered(next, { at, body }) {
    next.change('item', body.item, (item) =>
      item.customer === body.customer ? { to_deliver: false, delivered: at, delivered_to: body.signer ?? '' } : {},
    );
  },

  case_opened(next, { id, at, by, body }) {
    if (!next.get('case', id)) next.put('case', { ...body, id, at, by, state: 'open' });
  },

  cheque_photographed(next, { body }) {
    next.change('voucher', body.receipt, ({ photos = [], photographed = [] }) => ({
      photos: [...new Set([...photos, ...body.photos])],
      photographed: [...new Set([...photographed, body.tender])].sort((one, other) => one - other),
    }));
  },

  /** The stop leaves one day's plan and stands in the other's, marked in both. */
  stop_moved(next, { by, body }) {
    const { customer, day, to, reason, note = '' } = body;
    const plan = plan_of(next, by, day);
    const others = (plan.moved ?? []).filter((one) => one.customer !== customer);
    next.put('plan', {
      ...plan,
      moved: plan.stops.includes(customer) ? [...others, { customer, to, reason, ...(note ? { note } : {}) }] : others,
      brought: (plan.brought ?? []).filter((one) => one !== customer),
    });
    const later = plan_of(next, by, to);
    const brought = later.brought ?? [];
    next.put('plan', {
      ...later,
      brought: later.stops.includes(customer) || brought.includes(customer) ? brought : [...brought, customer],
      moved: (later.moved ?? []).filter((one) => one.customer !== customer),
    });
  },

  day_closed(next, { id, at, by, body }) {
    next.put('day_report', { id: `${by}|${body.day}`, user: by, day: body.day, at, entry: id, told: body });
  },
};

function plan_of(next: Next, user: string, day: string): Plan {
  const id = `${user}|${day}`;
  return next.get('plan', id) ?? { id, user, day, stops: [] };
}
