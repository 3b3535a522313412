/** Which cells of a grid are meant: the cursor, and the rectangle that reaches from it to where selecting began. */
export class CellSelection {
  row = $state(0);
  column = $state(0);
  private fromRow = $state(0);
  private fromColumn = $state(0);

  /** Keeps where selecting began when `extend` is set. Stays inside of what there is. */
  moveTo(row: number, column: number, rowCount: number, columnCount: number, extend: boolean): void {
    this.row = Math.min(Math.max(0, rowCount - 1), Math.max(0, row));
    this.column = Math.min(columnCount - 1, Math.max(0, column));
    if (extend) return;
    this.fromRow = this.row;
    this.fromColumn = this.column;
  }

  get rows(): [number, number] {
    return [Math.min(this.row, this.fromRow), Math.max(this.row, this.fromRow)];
  }

  get columns(): [number, number] {
    return [Math.min(this.column, this.fromColumn), Math.max(this.column, this.fromColumn)];
  }

  has(row: number, column: number): boolean {
    const [top, bottom] = this.rows;
    const [left, right] = this.columns;
    return row >= top && row <= bottom && column >= left && column <= right;
  }
}
