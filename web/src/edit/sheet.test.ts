import { describe, expect, it } from 'vitest';
import type { Body } from '../api/types';
import { parseTable } from '../format/table_text';
import { kObjectColumns } from './object_columns';
import { paste } from './paste';
import { Sheet } from './sheet.svelte';
import type { Origin } from './sheet_row';
import { kTagColumns } from './tag_columns';

const around = {
  connectors: new Map([['plc1', ['default']], ['meters', ['east', 'west']]]),
  types: new Map<string, Body>([['Pump', { parameters: { plc: 'string', base: 'int' } }]]),
};
const tag = (name: string, body: Body = { type: 'float' }): Origin => ({ name, body, readonly: false });

function sheetOf(...origins: Origin[]): Sheet {
  const sheet = new Sheet('tags', kTagColumns);
  sheet.load(origins, around);
  return sheet;
}

const at = (sheet: Sheet, key: string) => sheet.columns.findIndex((column) => column.key === key);
const type = (sheet: Sheet, row: number, key: string, text: string) => sheet.set([{ row: sheet.rows[row]!, column: at(sheet, key), text }]);
const fault = (sheet: Sheet, row: number, key: string) => sheet.rows[row]!.faultAt(at(sheet, key));

describe('a sheet of tags', () => {
  it('asks for nothing when nothing was changed', () => {
    const sheet = sheetOf(tag('/A', { type: 'float', range: [0, 10], states: null }));
    expect(sheet.edit()).toEqual({});
    type(sheet, 0, 'unit', 'bar');
    type(sheet, 0, 'unit', '');
    expect(sheet.changedRows).toEqual([]);
  });
  it('sends the whole body with what was changed in it, and keeps keys that have no column', () => {
    const sheet = sheetOf(tag('/A', { type: 'float', range: [0, 10], source: { connector: 'plc1', address: 'HR:0', clamp: [0, 9] } }));
    type(sheet, 0, 'range.high', '12,5');
    type(sheet, 0, 'source.scale', '0,1');
    type(sheet, 0, 'source.period', '2');
    expect(sheet.edit()).toEqual({
      set: { tags: { '/A': { type: 'float', range: [0, 12.5], source: { connector: 'plc1', address: 'HR:0', clamp: [0, 9], scale: 0.1, period: '2s' } } } },
    });
  });
  it('takes a key away when its cell is emptied, and an empty source with it', () => {
    const sheet = sheetOf(tag('/A', { type: 'bool', unit: 'x', source: { connector: 'plc1', address: 'CO:1' }, confirm: true }));
    for (const key of ['unit', 'source.connector', 'source.address', 'confirm']) type(sheet, 0, key, '');
    expect(sheet.edit().set?.tags).toEqual({ '/A': { type: 'bool' } });
  });
  it('renames what has a new path, and sets the body only when that changed, too', () => {
    const sheet = sheetOf(tag('/A'), tag('/B'));
    type(sheet, 0, 'path', 'New/A');
    type(sheet, 1, 'path', '/New/B');
    type(sheet, 1, 'unit', 'm');
    expect(sheet.edit()).toEqual({ rename: { tags: { '/A': '/New/A', '/B': '/New/B' } }, set: { tags: { '/New/B': { type: 'float', unit: 'm' } } } });
  });
  it('removes rows; those that are new go at once', () => {
    const sheet = sheetOf(tag('/A'));
    const [fresh] = sheet.add(1);
    sheet.remove([sheet.rows[0]!, fresh!]);
    expect(sheet.rows).toHaveLength(1);
    expect(sheet.edit()).toEqual({ remove: { tags: ['/A'] } });
  });
  it('leaves rows that a type makes alone', () => {
    const sheet = sheetOf({ ...tag('/P/Current'), readonly: true });
    type(sheet, 0, 'unit', 'A');
    sheet.remove([...sheet.rows]);
    expect(sheet.edit()).toEqual({});
  });
  it('undoes and redoes step by step, rows as well', () => {
    const sheet = sheetOf(tag('/A'));
    type(sheet, 0, 'unit', 'bar');
    sheet.add(1);
    sheet.remove([sheet.rows[0]!]);
    for (let step = 0; step < 3; step++) sheet.undo();
    expect([sheet.rows.length, sheet.changedRows.length, sheet.canUndo]).toEqual([1, 0, false]);
    for (let step = 0; step < 3; step++) sheet.redo();
    expect(sheet.rows).toHaveLength(2);
    expect(sheet.rows[0]!.removed).toBe(true);
    expect(sheet.canRedo).toBe(false);
  });
});

describe('a cell', () => {
  it('says what is wrong with it', () => {
    const sheet = sheetOf(tag('/A'), tag('/B'));
    type(sheet, 0, 'path', '/B');
    expect([fault(sheet, 0, 'path'), fault(sheet, 1, 'path')]).toEqual(['This path stands in two rows.', 'This path stands in two rows.']);
    type(sheet, 0, 'path', '/A');
    expect([fault(sheet, 0, 'path'), fault(sheet, 1, 'path')]).toEqual(['', '']);
    type(sheet, 0, 'type', 'double');
    expect(fault(sheet, 0, 'type')).toMatch(/Choose one of: bool/);
    type(sheet, 0, 'range.low', '10');
    expect(fault(sheet, 0, 'range.high')).toMatch(/both ends/);
    type(sheet, 0, 'range.high', '1');
    expect(fault(sheet, 0, 'range.low')).toMatch(/below/);
    type(sheet, 0, 'source.scale', 'abc');
    expect(fault(sheet, 0, 'source.scale')).toMatch(/not a number/);
    type(sheet, 0, 'source.period', 'often');
    expect(fault(sheet, 0, 'source.period')).toMatch(/span of time/);
    expect(sheet.faultyRows).toEqual([sheet.rows[0]]);
  });
  it('knows the connectors and their devices', () => {
    const sheet = sheetOf(tag('/A'));
    type(sheet, 0, 'source.connector', 'plc9');
    expect(fault(sheet, 0, 'source.connector')).toMatch(/no connector “plc9”. There are: plc1, meters/);
    type(sheet, 0, 'source.connector', 'meters');
    expect(fault(sheet, 0, 'source.device')).toMatch(/Choose a device: east, west/);
    type(sheet, 0, 'source.device', 'east');
    expect(fault(sheet, 0, 'source.address')).toMatch(/Which address/);
    type(sheet, 0, 'source.address', 'HR:0');
    expect(sheet.faultyRows).toEqual([]);
  });
  it('takes words for yes and no in every language of the page', () => {
    const sheet = sheetOf(tag('/A'));
    for (const yes of ['yes', 'ja', 'да', 'X', '1', 'ИСТИНА']) {
      type(sheet, 0, 'confirm', yes);
      expect(sheet.edit().set?.tags?.['/A']).toEqual({ type: 'float', confirm: true });
      type(sheet, 0, 'confirm', 'nein');
      expect(sheet.changedRows).toEqual([]);
    }
  });
  it('holds the states of an int as numbers with names', () => {
    const sheet = sheetOf(tag('/A', { type: 'int', states: { '0': 'Off', '1': 'On' } }));
    expect(sheet.rows[0]!.cells[at(sheet, 'states')]).toBe('0=Off|1=On');
    type(sheet, 0, 'states', '0=Closed; 2=Open');
    expect(sheet.edit().set?.tags?.['/A']?.states).toEqual({ '0': 'Closed', '2': 'Open' });
    type(sheet, 0, 'states', 'Off, On');
    expect(fault(sheet, 0, 'states')).toMatch(/0=Off\|1=On/);
  });
});

describe('a fault of the server', () => {
  it('stands at its cell until something in the row is changed', () => {
    const sheet = sheetOf(tag('/A', { type: 'float', source: { connector: 'plc1', address: 'HR:0' } }));
    type(sheet, 0, 'source.address', 'XX:1');
    const left = sheet.refuse([
      { kind: 'tag', name: '/A', key: 'source.address', message: "tag '/A': unknown table 'XX'" },
      { kind: 'tag', name: '/Elsewhere', key: 'unit', message: 'another' },
    ]);
    expect(fault(sheet, 0, 'source.address')).toBe("unknown table 'XX'");
    expect(left.map((each) => each.name)).toEqual(['/Elsewhere']);
    type(sheet, 0, 'source.address', 'HR:1');
    expect(fault(sheet, 0, 'source.address')).toBe('');
  });
  it('finds its column also by the last part of the key and by a key inside', () => {
    const sheet = sheetOf();
    expect(['address', 'source.address', 'range', 'states.7', ''].map((key) => sheet.columns[sheet.columnOf(key)]!.key))
      .toEqual(['source.address', 'source.address', 'range.low', 'states', 'path']);
  });
});

describe('somebody else’s change of the project', () => {
  it('comes below the changes made here', () => {
    const sheet = sheetOf(tag('/A', { type: 'float', unit: 'bar' }), tag('/Gone'));
    type(sheet, 0, 'description', 'mine');
    type(sheet, 1, 'description', 'mine, too');
    sheet.add(1);
    sheet.set([{ row: sheet.rows[2]!, column: 0, text: '/New' }, { row: sheet.rows[2]!, column: at(sheet, 'type'), text: 'int' }]);
    sheet.rebase([tag('/A', { type: 'float', unit: 'kPa' })], around);
    expect(sheet.edit().set?.tags).toEqual({
      '/A': { type: 'float', unit: 'kPa', description: 'mine' }, '/Gone': { type: 'float', description: 'mine, too' }, '/New': { type: 'int' },
    });
  });
});

describe('pasting', () => {
  it('with headings goes to the rows of the paths and adds what is new, as one step', () => {
    const sheet = sheetOf(tag('/A'), tag('/B'));
    const table = parseTable('Path\tUnit\tmax\tmin\tPriority\n/B\tbar\t10\t0\t1\nC/D\tm\t2,5\t0,5\t2\n');
    expect(paste(sheet, table, { rows: sheet.rows, row: 0, column: 0 })).toEqual({ changed: 1, added: 1, kept: 0, unknown: ['Priority'] });
    expect(sheet.rows.map((row) => row.name)).toEqual(['/A', '/B', '/C/D']);
    expect(sheet.rows[2]!.cells[at(sheet, 'range.high')]).toBe('2.5');
    sheet.undo();
    expect(sheet.edit()).toEqual({});
    expect(sheet.rows).toHaveLength(2);
  });
  it('understands the headings of the server’s own CSV', () => {
    const sheet = sheetOf();
    const table = parseTable('name;type_;min_;max_;units;connector_name;source;dtype;scale\n/A;float;0;10;bar;plc1;HR:4;int16;0,01\n');
    paste(sheet, table, { rows: [], row: 0, column: 0 });
    expect(sheet.edit().set?.tags).toEqual({
      '/A': { type: 'float', unit: 'bar', range: [0, 10], source: { connector: 'plc1', address: 'HR:4', dtype: 'int16', scale: 0.01 } },
    });
    expect(sheet.faultyRows).toEqual([]);
  });
  it('without headings goes to the cursor, and beyond the last row makes new ones', () => {
    const sheet = sheetOf(tag('/A'));
    const column = at(sheet, 'unit');
    expect(paste(sheet, [['bar', 'first'], ['m', 'second']], { rows: sheet.rows, row: 0, column })).toMatchObject({ changed: 1, added: 1 });
    expect(sheet.rows.map((row) => row.cells.slice(column, column + 2))).toEqual([['bar', 'first'], ['m', 'second']]);
  });
  it('takes ten thousand rows', { timeout: 60_000 }, () => {
    const sheet = sheetOf();
    const lines = Array.from({ length: 10_000 }, (_, at_) => [`/T/${at_}`, 'float', 'plc1', `HR:${at_}`]);
    paste(sheet, [['path', 'type', 'connector', 'address'], ...lines], { rows: [], row: 0, column: 0 });
    expect(sheet.changedRows).toHaveLength(10_000);
    expect(sheet.faultyRows).toEqual([]);
  });
});

describe('a sheet of objects', () => {
  it('holds parameters as a line, and asks for those that the type needs', () => {
    const sheet = new Sheet('objects', kObjectColumns);
    sheet.load([{ name: '/P1', body: { type: 'Pump', with: { plc: 'plc1', base: 100 } }, readonly: false }], around);
    expect(sheet.rows[0]!.cells[at(sheet, 'with')]).toBe('plc=plc1; base=100');
    type(sheet, 0, 'with', 'plc=plc1');
    expect(fault(sheet, 0, 'with')).toMatch(/also needs: base/);
    type(sheet, 0, 'with', 'plc="7"; base=200; more=1');
    expect(fault(sheet, 0, 'with')).toMatch(/does not know: more/);
    type(sheet, 0, 'with', 'plc="7"; base=200');
    expect(sheet.edit().set?.objects).toEqual({ '/P1': { type: 'Pump', with: { plc: '7', base: 200 } } });
  });
});
