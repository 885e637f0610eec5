/** Moves the focus in a grid whose cells carry `data-row` and `data-column`, as `grid.ts` says. */
import { combo_of } from '../desk/keys';
import { leaves_cell, neighbour } from './grid';

export function focus_cell(grid: HTMLElement | undefined, row: number, column: number): void {
  const cell = grid?.querySelector<HTMLInputElement>(`input[data-row="${row}"][data-column="${column}"]`);
  cell?.focus();
  cell?.select();
}

/** Answers whether the key was used. `onend`: Enter in the last cell. */
export function walk(event: KeyboardEvent, grid: HTMLElement, rows: number, columns: number, onend: () => void): boolean {
  const cell = event.target;
  if (!(cell instanceof HTMLInputElement) || cell.dataset['row'] === undefined) return false;
  const combo = combo_of(event);
  if (!leaves_cell(combo, cell.selectionStart, cell.selectionEnd, cell.value.length)) return false;
  const here = { row: Number(cell.dataset['row']), column: Number(cell.dataset['column']) };
  const next = neighbour(here, combo, rows, columns, document.documentElement.dir === 'rtl');
  if (next === null) {
    if (combo !== 'Enter') return false;
    onend();
  } else focus_cell(grid, next.row, next.column);
  event.preventDefault();
  return true;
}
