/** A voucher onto paper: reach the printer, record the print, send. Nothing else on the phone waits for any of it. */
import { append } from '../../journal/append';
import { type Job, ready } from '../../printing/job';
import { type Paper, voucher_page } from '../../printing/page';
import { printer, printer_name } from '../../printing/printer';
import { PrinterTrouble } from '../../printing/transport';
import { type Key, t } from '../../text';
import '../../text/printing';

/** Named in the texts, in its own script. */
export const APP = { app: 'RawBT' };

export interface Printed {
  job?: Job;
  note?: string;
  trouble?: string;
}

/** What happened to a print and what to do, in the words of the person who wanted it. */
export function trouble_key(cause: unknown): Key {
  return cause instanceof PrinterTrouble ? `printer.trouble.${cause.trouble}` : 'printer.trouble.not_made';
}

export async function print_voucher(paper: Paper): Promise<Printed> {
  const chosen = printer();
  const copy = (paper.voucher.printed ?? 0) + 1;
  const next = t('printer.next_copy', { n: copy + 1 });
  let job: Job;
  try {
    job = await ready(voucher_page({ ...paper, copy }), chosen);
  } catch (cause) {
    return { trouble: t(trouble_key(cause), APP) };
  }
  // Recorded before the printer gets it: paper that nobody knows of is worse than a record of paper that jammed.
  try {
    await append('voucher_printed', { receipt: paper.voucher.id, copy, printer: printer_name(chosen) });
  } catch {
    await job.drop();
    return { trouble: t('collect.not_kept') };
  }
  try {
    await job.send();
  } catch (cause) {
    return { job, trouble: `${t(trouble_key(cause), APP)}. ${next}` };
  }
  return { job, ...(chosen.way === 'dialog' ? {} : { note: `${t(`printer.handed.${chosen.way}`, APP)}. ${next}` }) };
}
