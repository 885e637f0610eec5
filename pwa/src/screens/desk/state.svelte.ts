/** What the shell and the open screen tell each other. */
interface DeskState {
  search: string;
  facts: string;
  counts: Record<string, number>;
  reachable: boolean;
  answered_at: string;
}

export const desk: DeskState = $state({
  /** What is typed in the search field of the top bar; a screen narrows its list by it. */
  search: '',
  /** Facts beside the title: the day, when the figures are from. */
  facts: '',
  /** Screen → how many things wait there. Never an amount: a cashier's rail must stay blind. */
  counts: {},
  /** Whether the last call to the office was answered. */
  reachable: true,
  /** ISO 8601; empty before the first answer. */
  answered_at: '',
});
