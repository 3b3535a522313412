import type { Body } from '../api/types';
import type { Column } from './column';

/** A thing of the project as the server has it. */
export interface Origin {
  name: string;
  body: Body;
  /** A type makes it: it is changed there, or by an override of its object. */
  readonly: boolean;
  /** The type that makes it, for people. */
  from?: string | null;
}

let nextId = 1;

/** One row of a sheet: the texts of its cells, and what the server has. `origin` null: it is new. */
export class SheetRow {
  readonly id = nextId++;
  cells: string[];
  removed = false;
  /** By column: why the text cannot stay; '' where it can. */
  faults: string[];
  /** By column: what the server said to the text that is there now. */
  private readonly refusals = new Map<number, string>();
  private readonly original: readonly string[];

  constructor(
    readonly origin: Origin | null,
    private readonly columns: readonly Column[],
    cells?: readonly string[],
  ) {
    this.original = origin ? columns.map((column, at) => (at === 0 ? origin.name : column.read(origin.body))) : columns.map(() => '');
    this.cells = cells ? [...cells] : [...this.original];
    this.faults = columns.map(() => '');
  }

  get name(): string {
    return this.cells[0] ?? '';
  }

  get readonly(): boolean {
    return this.origin?.readonly ?? false;
  }

  get changed(): boolean {
    return this.origin === null || this.removed || this.cells.some((text, at) => text !== this.original[at]);
  }

  get bodyChanged(): boolean {
    return this.cells.some((text, at) => at > 0 && text !== this.original[at]);
  }

  /** The first column with a fault; -1 when there is none. */
  get fault(): number {
    return this.cells.findIndex((_, at) => this.faultAt(at) !== '');
  }

  faultAt(column: number): string {
    return this.faults[column] || (this.refusals.get(column) ?? '');
  }

  refuse(column: number, message: string): void {
    this.refusals.set(column, message);
  }

  originalText(column: number): string {
    return this.original[column] ?? '';
  }

  cellChanged(column: number): boolean {
    return this.cells[column] !== this.original[column];
  }

  changedColumns(): number[] {
    return this.cells.flatMap((_, at) => (this.cellChanged(at) ? [at] : []));
  }

  set(column: number, text: string): void {
    if (this.cells[column] === text) return;
    this.cells[column] = text;
    // The server's word was about what stood there before; another cell may have been the reason.
    this.refusals.clear();
  }

  restore(cells: readonly string[], removed: boolean): void {
    this.cells = [...cells];
    this.removed = removed;
    this.refusals.clear();
  }

  /** Does what was changed in `other`, which is the same thing as it was before. */
  take(other: SheetRow): void {
    this.removed = other.removed;
    for (const column of other.changedColumns()) this.cells[column] = other.cells[column]!;
  }

  /** The same texts as a row that the server does not have. */
  asNew(): SheetRow {
    const row = new SheetRow(null, this.columns, this.cells);
    row.removed = this.removed;
    return row;
  }

  /** The body with the changed cells written into what the server has, so that keys without a column stay. */
  body(): Body {
    let body = this.origin?.body ?? {};
    for (const column of this.changedColumns()) body = this.columns[column]!.write(body, this.cells[column]!);
    return body;
  }
}
