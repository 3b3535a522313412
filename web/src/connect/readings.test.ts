import { describe, expect, it } from 'vitest';
import type { TestRead } from '../api/connectors';
import { isImplausible, linesOf, matches, shifted, tagTypeOf, widthOf } from './readings';

// 49.75 as float32 is 0x42470000; here with the low word first, and behind it 215 (21.5 in tenths).
const read: TestRead = {
  ok: true, detail: '', delay: 0.01,
  registers: [
    { address: 'HR:100', hex: '0000', value: 0 }, { address: 'HR:101', hex: '4247', value: 16967 },
    { address: 'HR:102', hex: '00D7', value: 215 }, { address: 'HR:103', hex: '0000', value: 0 },
  ],
  readings: [
    { dtype: 'uint16', order: 'ABCD', values: [0, 16967, 215, 0] },
    { dtype: 'float32', order: 'ABCD', values: [2.3775e-41, 3e-38] },
    { dtype: 'float32', order: 'CDAB', values: [49.75, 3.0e-43] },
    { dtype: 'string', order: 'ABCD', values: ['\u0000\u0000BG'] },
  ],
};

describe('the readings of a test', () => {
  it('stand below the registers they are made of', () => {
    const lines = linesOf(read);
    expect(lines[0]!.cells.map((cell) => [cell.choice.address, cell.span])).toEqual([['HR:100', 1], ['HR:101', 1], ['HR:102', 1], ['HR:103', 1]]);
    expect(lines[2]!.cells.map((cell) => [cell.choice.address, cell.span])).toEqual([['HR:100', 2], ['HR:102', 2]]);
    expect(lines[3]!.cells[0]).toMatchObject({ span: 4, choice: { address: 'HR:100:4' } });
  });
  it('are implausible when no instrument would show them', () => {
    expect([2.4e-41, 6e27, Number.NaN, null, '\u0000A'].every(isImplausible)).toBe(true);
    expect([0, 49.75, -12, 65535, 'PUMP 1', true].some(isImplausible)).toBe(false);
  });
  it('are found by what the device itself shows, in whatever order they lie', () => {
    expect(matches(linesOf(read), '49.8')[0]).toMatchObject({ address: 'HR:100', dtype: 'float32', order: 'CDAB', scale: 1 });
  });
  it('are found with a scale when the device sends tenths, a decimal comma typed or not', () => {
    expect(matches(linesOf(read), '21,5')[0]).toMatchObject({ address: 'HR:102', dtype: 'uint16', scale: 0.1 });
  });
  it('are not guessed from nothing', () => {
    expect(['', 'abc', '0'].flatMap((text) => matches(linesOf(read), text))).toEqual([]);
  });
});

it('an address moves on in the notation it was typed in', () => {
  expect(['HR:100', 'IR:0', '40001', '00001'].map((address) => shifted(address, 2))).toEqual(['HR:102', 'IR:2', '40003', '00003']);
  expect(shifted('HR:0', -1)).toBe('HR:0');
});

it('a type says how many registers it takes and what kind of tag it makes', () => {
  expect(['int16', 'float32', 'uint64', 'bcd16', 'bcd32', 'bit3', 'bool', 'string(ascii)'].map((dtype) => widthOf(dtype, 8))).toEqual([1, 2, 4, 1, 2, 1, 1, 8]);
  const choice = { address: 'HR:0', dtype: 'int16', order: null, value: 215 };
  expect(tagTypeOf({ ...choice, scale: 1 })).toBe('int');
  expect(tagTypeOf({ ...choice, scale: 0.1 })).toBe('float');
  expect(tagTypeOf({ ...choice, dtype: 'bit3', scale: 1 })).toBe('bool');
});
