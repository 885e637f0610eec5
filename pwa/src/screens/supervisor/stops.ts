/** The stops of a plan: who is visited, in which order. Each change gives a new list. */

export function move_stop(stops: readonly string[], index: number, by: number): string[] {
  const to = Math.max(0, Math.min(stops.length - 1, index + by));
  const moved = [...stops];
  const [stop] = moved.splice(index, 1);
  if (stop === undefined) return [...stops];
  moved.splice(to, 0, stop);
  return moved;
}

/** A customer is one stop at most. */
export function add_stop(stops: readonly string[], customer: string): string[] {
  return stops.includes(customer) ? [...stops] : [...stops, customer];
}

export function remove_stop(stops: readonly string[], customer: string): string[] {
  return stops.filter((stop) => stop !== customer);
}

export function same_stops(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((stop, index) => stop === b[index]);
}
