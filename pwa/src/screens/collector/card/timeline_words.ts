/** What rows of the timeline say. */
import { coded } from '../../../text';
import type { Visit } from '../../../wire/types';

/** What was said of each item, by its number; nothing where it was the same as of the whole visit. */
export function answer_lines({ answers = [], outcome }: Visit, number_of: (item: string) => string): [number: string, said: string][] {
  if (answers.every(({ answer, reason }) => answer === outcome && !reason)) return [];
  return answers.map(({ item, answer, reason }) => [number_of(item), reason ? coded('delay_reason', reason) : coded('outcome', answer)]);
}

export function promise_tone(state = 'open'): 'ok' | 'warn' | 'bad' | 'info' | 'neutral' {
  const tones = { open: 'info', kept: 'ok', kept_late: 'warn', part_kept: 'warn', broken: 'bad' } as const;
  return (tones as Partial<Record<string, (typeof tones)[keyof typeof tones]>>)[state] ?? 'neutral';
}
