import type { Column } from './column';
import type { CellChange, Sheet } from './sheet.svelte';
import type { SheetRow } from './sheet_row';

/** Where a paste without headings begins. */
export interface Place {
  rows: readonly SheetRow[];
  row: number;
  column: number;
}

export interface Pasted {
  changed: number;
  added: number;
  /** Rows that a type makes and that were left alone. */
  kept: number;
  /** Headings that no column has. */
  unknown: string[];
}

/**
 * A table from a spreadsheet. With a first line of headings (the keys of project files, or what the columns are
 * called on the page) each line goes to the row of its path, and a path that is not there becomes a new row. Without
 * headings the cells go to where the cursor is, and lines beyond the last row become new ones.
 */
export function paste(sheet: Sheet, table: readonly (readonly string[])[], place: Place): Pasted {
  const headings = headingsOf(sheet.columns, table[0] ?? []);
  let result: Pasted = { changed: 0, added: 0, kept: 0, unknown: [] };
  sheet.together(() => {
    result = headings ? byName(sheet, table.slice(1), headings) : atCursor(sheet, table, place);
  });
  return { ...result, unknown: headings?.unknown ?? [] };
}

interface Headings {
  /** Column of the sheet for each column of the table; -1 for one that is not known. */
  columns: number[];
  unknown: string[];
}

/** Headings when the first line names the path and nothing but columns, or nearly so. */
export function headingsOf(columns: readonly Column[], line: readonly string[]): Headings | null {
  const found = line.map((heading) => columnNamed(columns, heading));
  if (!found.includes(0) || found.filter((column) => column >= 0).length * 2 < line.length) return null;
  return { columns: found, unknown: line.filter((heading, at) => found[at] === -1 && heading !== '') };
}

function columnNamed(columns: readonly Column[], heading: string): number {
  const wanted = plain(heading);
  const names = (column: Column) => [column.key, column.key.split('.').at(-1)!, column.title(), ...(column.aliases ?? [])].map(plain);
  return wanted === '' ? -1 : columns.findIndex((column) => names(column).includes(wanted));
}

function plain(text: string): string {
  return text.trim().toLowerCase().replace(/[\s_-]+/g, '_');
}

function byName(sheet: Sheet, lines: readonly (readonly string[])[], headings: Headings): Pasted {
  const known = new Map(sheet.rows.filter((row) => !row.removed).map((row) => [row.name, row]));
  const nameAt = headings.columns.indexOf(0);
  const named = lines.map((line) => ({ line, name: sheet.columns[0]!.normal(line[nameAt] ?? '') })).filter(({ name }) => name !== '');
  const missing = [...new Set(named.map(({ name }) => name).filter((name) => !known.has(name)))];
  sheet.add(missing.length).forEach((row, at) => known.set(missing[at]!, row));
  const changes = named.flatMap(({ line, name }) => cellsOf(known.get(name)!, line, headings.columns));
  sheet.set(changes);
  return counted(changes, missing.length);
}

function cellsOf(row: SheetRow, line: readonly string[], columns: readonly number[]): CellChange[] {
  return line.flatMap((text, at) => (columns[at] === undefined || columns[at] < 0 ? [] : [{ row, column: columns[at], text }]));
}

function atCursor(sheet: Sheet, table: readonly (readonly string[])[], place: Place): Pasted {
  const beyond = Math.max(0, place.row + table.length - place.rows.length);
  const rows = [...place.rows, ...sheet.add(beyond)];
  const changes = table.flatMap((line, down) =>
    line.map((text, right) => ({ row: rows[place.row + down]!, column: place.column + right, text })),
  );
  sheet.set(changes);
  return counted(changes, beyond);
}

function counted(changes: readonly CellChange[], added: number): Pasted {
  const rows = [...new Set(changes.map(({ row }) => row))];
  const kept = rows.filter((row) => row.readonly).length;
  return { changed: rows.length - added - kept, added, kept, unknown: [] };
}
