/** Where a key leads in a grid of cells. Rows run down; columns run in reading order, so arrows need the direction. */

export interface Cell {
  row: number;
  column: number;
}

/** The cell that a key leads to; null when the key leads nowhere. ← and → follow what is seen, not the reading order. */
export function neighbour(cell: Cell, combo: string, rows: number, columns: number, rtl: boolean): Cell | null {
  const step = (by: number): Cell | null => {
    const index = cell.row * columns + cell.column + by;
    return index < 0 || index >= rows * columns ? null : { row: Math.floor(index / columns), column: index % columns };
  };
  const at = (row: number, column: number): Cell | null =>
    row < 0 || row >= rows || column < 0 || column >= columns ? null : { row, column };
  switch (combo) {
    case 'Enter':
      return step(1);
    case 'Shift+Enter':
      return step(-1);
    case 'ArrowDown':
      return at(cell.row + 1, cell.column);
    case 'ArrowUp':
      return at(cell.row - 1, cell.column);
    case 'ArrowLeft':
      return at(cell.row, cell.column + (rtl ? 1 : -1));
    case 'ArrowRight':
      return at(cell.row, cell.column + (rtl ? -1 : 1));
    case 'Home':
      return at(0, cell.column);
    case 'End':
      return at(rows - 1, cell.column);
    default:
      return null;
  }
}

/** Inside a cell ← and → move the caret until it stands at the edge, or while the whole text is selected. */
export function leaves_cell(combo: string, start: number | null, end: number | null, length: number): boolean {
  if (combo !== 'ArrowLeft' && combo !== 'ArrowRight') return true;
  if (start === 0 && end === length) return true;
  return start === end && start === (combo === 'ArrowLeft' ? 0 : length);
}
