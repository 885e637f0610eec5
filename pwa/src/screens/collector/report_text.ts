/** The report of a day in lines that can be sent to anybody, in the language in force. */
import { amount_text, coded, date_text, number_text, t } from '../../text';
import type { Bodies, Total } from '../../wire/types';

type Told = Bodies['day_closed'];

/** What a row of money is, with its count where it counts papers. */
export function method_text({ method, count }: Total): string {
  return coded('day.method', method, { n: count });
}

/** The work of the day as counted; what did not happen is left out. */
export function work_of(told: Told): [label: string, figure: string][] {
  const { planned = 0, visited = 0, unplanned = 0, vouchers = 0, voided = 0, promises = 0, disputes = 0, contacts = 0 } = told;
  const rows: [string, string, number][] = [
    [t('day.planned'), t('of', { part: visited, whole: planned }), planned],
    [t('day.unplanned'), number_text(unplanned), unplanned],
    [t('day.vouchers'), number_text(vouchers), vouchers],
    [t('day.voided'), number_text(voided), voided],
    [t('day.promises'), number_text(promises), promises],
    [t('day.disputes'), number_text(disputes), disputes],
    [t('day.contacts'), number_text(contacts), contacts],
  ];
  return rows.filter(([, , count]) => count > 0).map(([label, figure]) => [label, figure]);
}

/** who: the collector; left: what was not finished, in words. */
export function report_text(told: Told, who: string, left: readonly string[]): string {
  const money = (rows: readonly Total[]): string[] => rows.map((row) => `${method_text(row)}: ${amount_text(row.amount, row.currency)}`);
  const received = money(told.received ?? []);
  const held = money(told.held ?? []);
  const lines = [
    t('day.report_title', { date: date_text(told.day, 'full') }),
    who,
    '',
    ...(received.length > 0 ? [`${t('day.received')}:`, ...received] : [t('day.received_nothing')]),
    '',
    ...work_of(told).map(([label, figure]) => `${label}: ${figure}`),
    '',
    ...(held.length > 0 ? [`${t('day.held_then')}:`, ...held] : [t('day.held_nothing')]),
    ...(left.length > 0 ? ['', `${t('day.still_open')}:`, ...left] : []),
    ...(told.note ? ['', told.note] : []),
  ];
  return lines.join('\n').replace(/\n{3,}/g, '\n\n').replace(/[\u2066-\u2069]/g, '').replaceAll('\u00a0', ' ');
}
