import type { Reading, Register, TestRead } from '../api/connectors';
import type { Json } from '../api/types';
import { toNumber } from '../write/validate';

/** One way to read some of the registers: what a person clicks on. */
export interface Choice {
  address: string;
  dtype: string;
  order: string | null;
  value: Json;
  scale: number;
}

/** Registers of one value: 2 of "float32". A text takes them all. */
export function widthOf(dtype: string, registers: number): number {
  if (dtype.startsWith('string')) return registers;
  const bits = Number(/(\d+)$/.exec(dtype)?.[1] ?? 16);
  return dtype.startsWith('bit') ? 1 : Math.max(1, bits / 16);
}

/** "HR:100" two registers on is "HR:102"; "40101" becomes "40103", with the same number of digits. */
export function shifted(address: string, by: number): string {
  const parts = /^(.*?)(\d+)$/.exec(address.trim());
  if (!parts) return address;
  const number = Math.max(0, Number(parts[2]) + by);
  return `${parts[1]}${String(number).padStart(parts[1] === '' ? parts[2]!.length : 1, '0')}`;
}

export interface Cell {
  choice: Choice;
  /** Registers it covers. */
  span: number;
  implausible: boolean;
}

/** A line of the table below the registers: one type in one order. */
export interface Line {
  dtype: string;
  order: string | null;
  cells: Cell[];
}

/** The readings laid out below the registers they were made of. */
export function linesOf(read: TestRead): Line[] {
  return read.readings.filter((reading) => reading.values.length > 0).map((reading) => ({
    dtype: reading.dtype,
    order: reading.order,
    cells: reading.values.map((value, index) => cellOf(reading, value, index, read.registers)),
  }));
}

function cellOf(reading: Reading, value: Json, index: number, registers: readonly Register[]): Cell {
  const span = Math.min(registers.length, widthOf(reading.dtype, registers.length));
  const first = registers[index * span]?.address ?? '';
  // A text has no length of its own: the address says how far it goes.
  const address = reading.dtype.startsWith('string') ? `${first}:${span}` : first;
  const choice = { address, dtype: reading.dtype, order: reading.order, value, scale: 1 };
  return { choice, span, implausible: isImplausible(value) };
}

/** What no instrument shows: the leftovers of reading in a wrong order. */
export function isImplausible(value: Json): boolean {
  if (value === null || value === '') return true;
  if (typeof value === 'string') return /[^\p{L}\p{N}\p{P}\p{S} ]/u.test(value);
  if (typeof value !== 'number') return false;
  const size = Math.abs(value);
  return !Number.isFinite(value) || (size !== 0 && size < 1e-6) || size > 1e12;
}

const kScales = [1, 0.1, 0.01, 0.001, 10, 100];
const kMostMatches = 8;

/**
 * The readings that show what the device's own display shows, best first. The person may round, and the value may
 * have moved on a little: within one unit of the last digit typed, or one part in two hundred. Whole numbers may need
 * a scale, as many devices send tenths.
 */
export function matches(lines: readonly Line[], expected: string): Choice[] {
  const wanted = toNumber(expected.trim());
  if (!Number.isFinite(wanted) || wanted === 0) return [];
  const decimals = /[.,](\d+)/.exec(expected)?.[1]?.length ?? 0;
  const tolerance = Math.max(10 ** -decimals, Math.abs(wanted) / 200);
  const found: { choice: Choice; cost: number }[] = [];
  for (const { choice } of lines.flatMap((line) => line.cells)) {
    if (typeof choice.value !== 'number') continue;
    for (const scale of Number.isInteger(choice.value) ? kScales : [1]) {
      const distance = Math.abs(choice.value * scale - wanted);
      if (distance <= tolerance) found.push({ choice: { ...choice, scale }, cost: distance / tolerance + costOf(choice.dtype, scale) });
    }
  }
  return found.sort((a, b) => a.cost - b.cost).slice(0, kMostMatches).map(({ choice }) => choice);
}

/** Between readings that show the same the plainer one is likelier. */
function costOf(dtype: string, scale: number): number {
  const plain = ['uint16', 'int16', 'float32'].includes(dtype) ? 0 : dtype.startsWith('bcd') || dtype.endsWith('64') ? 0.4 : 0.2;
  return plain + (scale === 1 ? 0 : 1);
}

/** The type of tag for a reading. */
export function tagTypeOf(choice: Choice): string {
  if (choice.dtype === 'bool' || choice.dtype.startsWith('bit')) return 'bool';
  if (choice.dtype.startsWith('string')) return 'string';
  return choice.dtype.startsWith('float') || choice.scale !== 1 ? 'float' : 'int';
}
