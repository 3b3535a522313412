import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/client';
import { outcomeOf, outcomeOfError } from './outcome';
import { checkInput, rangeHint, toNumber } from './validate';

const value = (text: string, type: string, more = {}) => {
  const checked = checkInput(text, { type, ...more });
  return checked.ok ? checked.value : checked.reason;
};
const json = (text: string, type: string) => {
  const checked = checkInput(text, { type });
  return checked.ok ? checked.json : null;
};

describe('what a person types', () => {
  it('may have a decimal point or a decimal comma', () => {
    expect([' 4.5 ', '4,5', '-1e-3', '.5', '+7', '\u22122'].map((t) => value(t, 'float'))).toEqual([4.5, 4.5, -0.001, 0.5, 7, -2]);
  });
  it('is refused when it is no number', () => {
    for (const text of ['abc', '1.2.3', '1,234,5', '0x10', '1 000', '--1', 'NaN', 'Infinity']) {
      expect(value(text, 'float')).toBe('This is not a number.');
    }
    expect(value('', 'float')).toBe('Enter a value.');
    expect(value('1e999', 'float')).toBe('The number is too large.');
    expect(toNumber('')).toBeNaN();
  });
  it('must be whole for an integer', () => {
    expect(value('42', 'int')).toBe(42);
    expect(value('4.2', 'int')).toBe('Enter a whole number.');
    expect(value('x', 'int')).toBe('This is not a number.');
  });
  it('keeps every digit of a 64-bit integer', () => {
    expect(json('9223372036854775807', 'int')).toBe('9223372036854775807');
    expect(json('-9223372036854775808', 'int')).toBe('-9223372036854775808');
    expect(value('9223372036854775808', 'int')).toMatch(/too large/);
  });
  it('must lie in the range of the tag, its ends included', () => {
    const bar = { range: [0, 10] as [number, number], unit: 'bar' };
    expect([value('0', 'float', bar), value('10', 'float', bar)]).toEqual([0, 10]);
    expect(value('10.01', 'float', bar)).toBe('The value must lie between 0 and 10 bar.');
    expect(value('-1', 'int', bar)).toBe('The value must lie between 0 and 10 bar.');
    expect(rangeHint({ type: 'float', ...bar })).toBe('0 to 10 bar');
  });
  it('must be one of the states when there are states', () => {
    const states = { 0: 'Off', 1: 'Auto' };
    expect(value('1', 'int', { states })).toBe(1);
    expect(value('2', 'int', { states })).toBe('Choose one of: Off, Auto.');
  });
  it('is true or false for a boolean', () => {
    expect(['true', '1', 'ON', 'false', '0', 'off'].map((t) => value(t, 'bool'))).toEqual([true, true, true, false, false, false]);
    expect(value('maybe', 'bool')).toBe('Choose On or Off.');
  });
  it('is taken as it is for a text, blanks and quotes included', () => {
    expect(value(' a "b" ', 'string')).toBe(' a "b" ');
    expect(json(' a "b" ', 'string')).toBe('" a \\"b\\" "');
    expect(value('', 'string')).toBe('');
  });
  it('must be JSON for json, and a list for a list', () => {
    expect(value('{"a": [1]}', 'json')).toEqual({ a: [1] });
    expect(value('{a}', 'json')).toBe('This is not valid JSON.');
    expect(value('[1, 2]', 'int[]')).toEqual([1, 2]);
    expect(value('3', 'int[]')).toMatch(/square brackets/);
    expect(value('[1, 2.5]', 'int[]')).toBe('Item 2: Enter a whole number.');
    expect(value('[1, "2"]', 'float[]')).toBe('Item 2: This is not a number.');
    expect(value('[true, 1]', 'bool[]')).toBe('Item 2: Choose On or Off.');
    expect(value('["a"]', 'string[]')).toEqual(['a']);
  });
});

describe('the outcome of a write', () => {
  it('is done only when the device said so', () => {
    expect(outcomeOf({ path: '/A', ok: true, status: 'Good', value: 3 }, 42)).toEqual({ kind: 'done', value: 3, ms: 42 });
    expect(outcomeOf(undefined, 42).kind).toBe('unknown');
  });
  it('is a refusal with the server’s sentence, or with ours when it has none', () => {
    expect(outcomeOf({ path: '/A', ok: false, status: 'BadOutOfRange', detail: 'Too much.' }, 1)).toEqual({
      kind: 'refused', status: 'BadOutOfRange', detail: 'Too much.',
    });
    expect(outcomeOf({ path: '/A', ok: false, status: 'BadDeviceFailure' }, 1)).toMatchObject({ detail: 'Bad device failure' });
  });
  it('is unknown when no answer came in time or the connection broke', () => {
    expect(outcomeOf({ path: '/A', ok: false, status: 'BadTimeout', detail: '' }, 1).kind).toBe('unknown');
    expect(outcomeOfError(new ApiError(0, 'gone')).kind).toBe('unknown');
    expect(outcomeOfError(new ApiError(503, 'busy')).kind).toBe('unknown');
    expect(outcomeOfError(new Error('odd')).kind).toBe('unknown');
  });
  it('is a refusal when the server did not even try', () => {
    expect(outcomeOfError(new ApiError(403, 'No right.'))).toEqual({ kind: 'refused', status: '', detail: 'No right.' });
  });
});
