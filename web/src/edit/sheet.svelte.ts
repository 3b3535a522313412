import type { Edit, Fault } from '../api/project';
import type { Body } from '../api/types';
import { texts } from '../messages';
import type { Cells, Column, Surroundings } from './column';
import { SheetRow, type Origin } from './sheet_row';

export interface CellChange {
  row: SheetRow;
  column: number;
  text: string;
}

interface RowState {
  cells: readonly string[];
  removed: boolean;
}

/** One thing a person did: what it touched, before and after. */
interface Step {
  rowsBefore: readonly SheetRow[];
  rowsAfter: readonly SheetRow[];
  before: Map<SheetRow, RowState>;
  after: Map<SheetRow, RowState>;
}

/** A change of one cell as people compare it. */
export interface Difference {
  name: string;
  column: Column;
  before: string;
  after: string;
}

/**
 * Tags or objects as rows of cells that are edited here and applied together. Nothing reaches the server before
 * somebody sends `edit()`; every step until then can be undone. The first column is the name (the path).
 */
export class Sheet {
  rows = $state.raw<readonly SheetRow[]>([]);
  /** Grows with every change; read it to be drawn anew. */
  version = $state(0);
  around: Surroundings = { connectors: new Map(), types: new Map() };
  private done: Step[] = [];
  private undone: Step[] = [];
  private names = new Map<string, number>();
  private readonly places: ReadonlyMap<string, number>;

  constructor(
    readonly kind: 'tags' | 'objects',
    readonly columns: readonly Column[],
  ) {
    this.places = new Map(columns.map((column, at) => [column.key, at]));
  }

  /** What the server has now. Changes made here are lost; see rebase. */
  load(origins: readonly Origin[], around: Surroundings): void {
    this.around = around;
    this.rows = origins.map((origin) => new SheetRow(origin, this.columns));
    this.done = [];
    this.undone = [];
    this.recheckAll();
  }

  /** As load, and does the changes made here again on top: for when somebody else changed the project meanwhile. */
  rebase(origins: readonly Origin[], around: Surroundings): void {
    const mine = this.rows.filter((row) => row.changed);
    this.load(origins, around);
    const byName = new Map(this.rows.map((row) => [row.origin!.name, row]));
    const added: SheetRow[] = [];
    this.step([], () => {
      for (const row of mine) {
        const now = row.origin ? byName.get(row.origin.name) : undefined;
        if (!now) added.push(row.asNew());
        else if (!now.origin!.readonly) now.take(row);
      }
      this.rows = [...this.rows, ...added.filter((row) => !row.removed)];
    });
    this.recheckAll();
  }

  get canUndo(): boolean {
    return this.version >= 0 && this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.version >= 0 && this.undone.length > 0;
  }

  get changedRows(): SheetRow[] {
    return this.version >= 0 ? this.rows.filter((row) => row.changed) : [];
  }

  /** Changed rows with a fault: the server would refuse them. */
  get faultyRows(): SheetRow[] {
    return this.changedRows.filter((row) => !row.removed && row.fault !== -1);
  }

  /** Types texts into cells as one step; rows that a type makes stay as they are. */
  set(changes: readonly CellChange[]): void {
    const possible = changes.filter(({ row, column }) => !row.readonly && this.columns[column] !== undefined);
    if (possible.length === 0) return;
    this.step([...new Set(possible.map(({ row }) => row))], () => {
      for (const { row, column, text } of possible) row.set(column, this.columns[column]!.normal(text));
    });
  }

  /** Empty rows at the end, or copies of others; answers them. */
  add(count: number, pattern: SheetRow | null = null): SheetRow[] {
    const rows = Array.from({ length: count }, () => new SheetRow(null, this.columns, pattern?.cells));
    this.step(rows, () => (this.rows = [...this.rows, ...rows]));
    return rows;
  }

  /** Marks rows for removal; a row that was never applied goes at once. */
  remove(rows: readonly SheetRow[]): void {
    const possible = rows.filter((row) => !row.readonly);
    if (possible.length === 0) return;
    const fresh = new Set(possible.filter((row) => !row.origin));
    this.step(possible, () => {
      for (const row of possible) row.removed = true;
      if (fresh.size > 0) this.rows = this.rows.filter((row) => !fresh.has(row));
    });
  }

  /** Several changes that are undone together: a paste that adds rows and fills them. */
  together(work: () => void): void {
    const at = this.done.length;
    work();
    const steps = this.done.splice(at);
    const [first, last] = [steps[0], steps.at(-1)];
    if (!first || !last) return;
    const merged: Step = { rowsBefore: first.rowsBefore, rowsAfter: last.rowsAfter, before: new Map(), after: new Map() };
    for (const step of steps) {
      for (const [row, state] of step.before) if (!merged.before.has(row)) merged.before.set(row, state);
      for (const [row, state] of step.after) merged.after.set(row, state);
    }
    this.done.push(merged);
  }

  undo(): void {
    const step = this.done.pop();
    if (!step) return;
    this.undone.push(step);
    this.restore(step.rowsBefore, step.before);
  }

  redo(): void {
    const step = this.undone.pop();
    if (!step) return;
    this.done.push(step);
    this.restore(step.rowsAfter, step.after);
  }

  /** All changes as one request. */
  edit(): Edit {
    const set: Record<string, Body> = {};
    const remove: string[] = [];
    const rename: Record<string, string> = {};
    for (const row of this.changedRows) {
      if (row.removed) remove.push(row.origin!.name);
      else {
        if (row.origin && row.name !== row.origin.name) rename[row.origin.name] = row.name;
        if (!row.origin || row.bodyChanged) set[row.name] = row.body();
      }
    }
    const edit: Edit = {};
    if (Object.keys(set).length > 0) edit.set = { [this.kind]: set };
    if (remove.length > 0) edit.remove = { [this.kind]: remove };
    if (Object.keys(rename).length > 0) edit.rename = { [this.kind]: rename };
    return edit;
  }

  /** What a person compares before it is applied. */
  differences(): Difference[] {
    return this.changedRows.flatMap((row) =>
      row.removed ? [] : row.changedColumns().map((column) => ({
        name: row.name, column: this.columns[column]!, before: row.originalText(column), after: row.cells[column]!,
      })),
    );
  }

  /** Puts the server's faults at their cells; answers those that belong to no row. */
  refuse(faults: readonly Fault[]): Fault[] {
    const byName = new Map(this.rows.map((row) => [row.name, row]));
    const homeless = faults.filter((fault) => {
      const row = byName.get(fault.name ?? '');
      row?.refuse(this.columnOf(fault.key ?? ''), withoutName(fault));
      return !row;
    });
    this.version++;
    return homeless;
  }

  /** "source.address" and also a plain "address" or "range". */
  columnOf(key: string): number {
    const exact = this.columns.findIndex((column) => column.key === key);
    if (exact >= 0) return exact;
    const near = this.columns.findIndex(
      (column) => column.key.startsWith(`${key}.`) || column.key.endsWith(`.${key}`) || (key !== '' && key.startsWith(`${column.key}.`)),
    );
    return Math.max(0, near);
  }

  private step(touched: readonly SheetRow[], work: () => void): void {
    const rowsBefore = this.rows;
    const before = statesOf(touched);
    const namesBefore = touched.map((row) => row.name);
    work();
    this.done.push({ rowsBefore, rowsAfter: this.rows, before, after: statesOf(touched) });
    this.undone = [];
    this.recheck(touched, namesBefore);
  }

  private restore(rows: readonly SheetRow[], states: Map<SheetRow, RowState>): void {
    for (const [row, state] of states) row.restore(state.cells, state.removed);
    this.rows = rows;
    this.recheckAll();
  }

  private recheck(rows: readonly SheetRow[], namesBefore: readonly string[]): void {
    const names = new Set([...namesBefore, ...rows.map((row) => row.name)]);
    this.countNames();
    // A name that became double, or single again, is another row's matter, too.
    const concerned = this.rows.filter((row) => names.has(row.name));
    for (const row of new Set([...rows, ...concerned])) this.check(row);
    this.version++;
  }

  private recheckAll(): void {
    this.countNames();
    for (const row of this.rows) if (row.changed) this.check(row);
    this.version++;
  }

  private countNames(): void {
    this.names = new Map();
    for (const row of this.rows) if (!row.removed) this.names.set(row.name, (this.names.get(row.name) ?? 0) + 1);
  }

  private check(row: SheetRow): void {
    const cells: Cells = (key) => row.cells[this.places.get(key) ?? -1] ?? '';
    row.faults = this.columns.map((column, at) => {
      const fault = column.check(row.cells[at]!, cells, this.around);
      return fault === '' && at === 0 && (this.names.get(row.name) ?? 0) > 1 ? texts.edit.twice : fault;
    });
  }
}

/** The cell says which thing it is: "tag '/A': unknown key" needs only the second half. */
function withoutName(fault: Fault): string {
  const name = `${fault.kind ?? ''} '${fault.name ?? ''}': `;
  return fault.message.startsWith(name) ? fault.message.slice(name.length) : fault.message;
}

function statesOf(rows: readonly SheetRow[]): Map<SheetRow, RowState> {
  return new Map(rows.map((row) => [row, { cells: [...row.cells], removed: row.removed }]));
}
