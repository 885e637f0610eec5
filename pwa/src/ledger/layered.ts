/**
 * A large table of which many versions are alive one after the other: each shares the rows of one base and keeps only what
 * differs, so that one more entry costs what it changes and not what there is. A version is filled once, where it is made,
 * and never changed afterwards.
 */

/** Up to here a plain copy costs nothing that anybody notices. */
const SMALL = 256;

export class Layered<Row> implements ReadonlyMap<string, Row> {
  readonly #base: ReadonlyMap<string, Row>;
  /** undefined: dropped. */
  readonly #over: Map<string, Row | undefined>;
  #size: number;

  constructor(base: ReadonlyMap<string, Row>) {
    const layers = base instanceof Layered ? (base as Layered<Row>) : undefined;
    this.#base = layers ? layers.#base : base;
    this.#over = new Map(layers ? layers.#over : []);
    this.#size = base.size;
  }

  get base(): ReadonlyMap<string, Row> {
    return this.#base;
  }

  /** What differs from the base; undefined: not there any more. */
  get changed(): ReadonlyMap<string, Row | undefined> {
    return this.#over;
  }

  get size(): number {
    return this.#size;
  }

  get(id: string): Row | undefined {
    return this.#over.has(id) ? this.#over.get(id) : this.#base.get(id);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  set(id: string, row: Row): this {
    if (!this.has(id)) this.#size += 1;
    this.#over.set(id, row);
    return this;
  }

  delete(id: string): boolean {
    if (!this.has(id)) return false;
    this.#size -= 1;
    if (this.#base.has(id)) this.#over.set(id, undefined);
    else this.#over.delete(id);
    return true;
  }

  *entries(): MapIterator<[string, Row]> {
    for (const [id, row] of this.#base) {
      if (!this.#over.has(id)) yield [id, row];
      else {
        const now = this.#over.get(id);
        if (now !== undefined) yield [id, now];
      }
    }
    for (const [id, row] of this.#over) if (row !== undefined && !this.#base.has(id)) yield [id, row];
  }

  *keys(): MapIterator<string> {
    for (const [id] of this.entries()) yield id;
  }

  *values(): MapIterator<Row> {
    for (const [, row] of this.entries()) yield row;
  }

  [Symbol.iterator](): MapIterator<[string, Row]> {
    return this.entries();
  }

  forEach(visit: (row: Row, id: string, table: ReadonlyMap<string, Row>) => void): void {
    for (const [id, row] of this.entries()) visit(row, id, this);
  }
}

/** The ids whose rows may differ between two versions; null: they share no base, and any row may. */
export function differing<Row>(one: ReadonlyMap<string, Row>, other: ReadonlyMap<string, Row>): Set<string> | null {
  if (one === other) return new Set();
  if (base_of(one) !== base_of(other)) return null;
  const ids = new Set<string>();
  for (const table of [one, other]) if (table instanceof Layered) for (const id of (table as Layered<Row>).changed.keys()) ids.add(id);
  return ids;
}

function base_of<Row>(table: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
  return table instanceof Layered ? (table as Layered<Row>).base : table;
}

export type Changeable<Row> = Map<string, Row> | Layered<Row>;

/** Another version of the table, to be changed by whoever asked for it. */
export function version_of<Row>(table: ReadonlyMap<string, Row>): Changeable<Row> {
  return table instanceof Layered || table.size > SMALL ? new Layered(table) : new Map(table);
}
