import { describe, expect, it } from 'vitest';

import { asked_body, new_ask } from './asking';
import { confirm_lacks, type ConfirmDraft, confirmed_body, new_confirmation } from './confirming';

const ours = [{ id: 'a', open: 10_000 }];
const draft = (more: Partial<ConfirmDraft>): ConfirmDraft => ({ ...new_confirmation('e', 'EGP'), ...more });
const SHOWN = { customer: 'cu', ledger: 10_000, uncleared: 12_000, visit: '', signature: 'ff' };

describe('a balance confirmed', () => {
  it('needs a choice, a signer and a signature or a reason', () => {
    expect(confirm_lacks(draft({}), ours)).toBe('needs_choice');
    expect(confirm_lacks(draft({ agrees: true }), ours)).toBe('needs_signer');
    expect(confirm_lacks(draft({ agrees: true, signer: 'Hoda' }), ours)).toBe('needs_signature');
    expect(confirm_lacks(draft({ agrees: true, signer: 'Hoda', strokes: [[1, 2, 3, 4]] }), ours)).toBe('');
    expect(confirm_lacks(draft({ agrees: true, unsigned_reason: 'declined' }), ours)).toBe('');
  });

  it('needs differences with amounts that differ', () => {
    const signed = { agrees: false, signer: 'Hoda', strokes: [[1, 2, 3, 4]] };
    expect(confirm_lacks(draft(signed), ours)).toBe('needs_difference');
    expect(confirm_lacks(draft({ ...signed, differing: [{ item: 'a', number: '', theirs: '100', reason: '' }] }), ours)).toBe('needs_amounts');
    expect(confirm_lacks(draft({ ...signed, differing: [{ item: '', number: '', theirs: '100', reason: '' }] }), ours)).toBe('needs_amounts');
    expect(confirm_lacks(draft({ ...signed, differing: [{ item: 'a', number: '', theirs: '50', reason: '' }] }), ours)).toBe('');
  });

  it('says theirs less ours, and all of an invoice that we do not know', () => {
    const made = draft({ agrees: false, signer: ' Hoda ', strokes: [[1, 2, 3, 4]], differing: [{ item: 'a', number: '', theirs: '50', reason: 'paid' }, { item: '', number: 'X-9', theirs: '20', reason: '' }] });
    expect(confirmed_body(made, ours, SHOWN)).toEqual({
      customer: 'cu', currency: 'EGP', ledger: 10_000, uncleared: 12_000, agrees: false, signer: 'Hoda', signature: 'ff',
      differences: [{ amount: -5_000, item: 'a', reason: 'paid' }, { amount: 2_000, number: 'X-9' }],
    });
  });

  it('leaves differences out that were typed before the customer agreed', () => {
    const made = draft({ agrees: true, unsigned_reason: 'declined', differing: [{ item: 'a', number: '', theirs: '50', reason: '' }] });
    expect(confirmed_body(made, ours, { ...SHOWN, signature: '', visit: 'v' })).toEqual({ customer: 'cu', currency: 'EGP', ledger: 10_000, uncleared: 12_000, agrees: true, unsigned_reason: 'declined', visit: 'v' });
  });
});

describe('what is asked of the office', () => {
  it('carries only what was said', () => {
    expect(asked_body({ ...new_ask('e'), text: ' three parts ', amount: '300', date: '2026-12-01' }, 'payment_plan', { customer: 'cu', currency: 'EGP', visit: 'v' })).toEqual({ what: 'payment_plan', text: 'three parts', customer: 'cu', amount: 30_000, currency: 'EGP', date: '2026-12-01', visit: 'v' });
    expect(asked_body({ ...new_ask('e'), text: 'robbed', date: '2026-12-01', photos: ['ff'] }, 'incident', { customer: '', currency: 'EGP', visit: '' })).toEqual({ what: 'incident', text: 'robbed', photos: ['ff'] });
  });
});
