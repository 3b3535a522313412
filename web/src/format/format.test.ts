import { describe, expect, it } from 'vitest';
import { formatAge, formatAgeShort, formatDuration, formatTime, parseTime } from './age';
import { forced, overflowed, qualitySentence, qualityShort, severity, splitWords } from './quality';
import { groupDigits } from './digits';
import { decimalsFor, formatBytes, formatCount, formatRate, formatValue, positionInRange, rangeOf } from './value';

describe('a value', () => {
  it('is shown by the name of its state', () => {
    expect(formatValue(2, { type: 'int', states: { 0: 'Off', 1: 'Auto', 2: 'Manual' } })).toBe('Manual');
    expect(formatValue(true, { type: 'bool', states: { 0: 'Closed', 1: 'Open' } })).toBe('Open');
    expect(formatValue(7, { type: 'int', states: { 0: 'Off' } })).toBe('7');
  });
  it('is On or Off when a boolean has no names', () => {
    expect([true, false].map((v) => formatValue(v, { type: 'bool' }))).toEqual(['On', 'Off']);
  });
  it('has as many decimals as its range resolves, zeros included', () => {
    expect(formatValue(4, { type: 'float', range: [0, 10] })).toBe('4.00');
    expect(formatValue(64.84, { type: 'float', range: [0, 120] })).toBe('64.8');
    expect(formatValue(1480.4, { type: 'float', range: { low: 0, high: 3000 } })).toBe('1480');
    expect([0.5, 5, 10, 30, 100, 1e6].map(decimalsFor)).toEqual([3, 2, 2, 2, 1, 0]);
  });
  it('has five digits when there is no range', () => {
    expect(formatValue(18432.5, { type: 'float' })).toBe('18\u202f433');
    expect(formatValue(3.14159265, { type: 'float' })).toBe('3.1416');
    expect(formatValue(0, { type: 'float' })).toBe('0.00');
    expect(formatValue(1.5e-9, { type: 'float' })).toBe('1.5000e-9');
  });
  it('never shows a minus before zero', () => {
    expect(formatValue(-0.001, { type: 'float', range: [-10, 10] })).toBe('0.00');
  });
  it('is a dash when it is not known', () => {
    expect(formatValue(null, { type: 'float' })).toBe('—');
    expect(formatValue(Number.NaN, { type: 'float' })).toBe('—');
  });
  it('is shown whole when it is an integer', () => {
    expect(formatValue(-1234567, { type: 'int' })).toBe('-1\u202f234\u202f567');
    expect(groupDigits('9999')).toBe('9999');
  });
  it('shows texts and lists as they are', () => {
    expect(formatValue('hello', { type: 'string' })).toBe('hello');
    expect(formatValue([1, 2], { type: 'int[]' })).toBe('[1,2]');
  });
  it('lies in its range between 0 and 1, or nowhere', () => {
    expect(positionInRange(2.5, [0, 10])).toBe(0.25);
    expect(positionInRange(99, [0, 10])).toBe(1);
    expect(positionInRange(null, [0, 10])).toBeNull();
    expect(positionInRange(1, null)).toBeNull();
    expect(rangeOf([3, 3])).toBeNull();
  });
  it('has counts, rates and sizes that can be read', () => {
    expect([formatCount(54321.4), formatCount(null)]).toEqual(['54\u202f321', '–']);
    expect([0.25, 42.2, 1234].map(formatRate)).toEqual(['0.3', '42', '1234']);
    expect([512, 48_234_496].map(formatBytes)).toEqual(['512 B', '46.0 MiB']);
  });
});

describe('a quality', () => {
  it('has the severity of its two top bits', () => {
    expect([0, 0x00960000, 0x40900000, 0x80310000, 0xc0000000].map(severity)).toEqual(['good', 'good', 'uncertain', 'bad', 'bad']);
  });
  it('keeps the overflow bit apart from its name', () => {
    expect([0x0480, 0x80310480, 0x80310000, 0x0400].map(overflowed)).toEqual([true, true, false, false]);
    expect(qualityShort(0x0480, 'Good')).toBe('Samples lost');
    expect(qualitySentence(0x80310480, 'BadNoCommunication')).toMatch(/does not answer.*lost on the way/);
  });
  it('says when a value is forced', () => {
    expect(forced(0x00960000)).toBe(true);
    expect(qualityShort(0x00960000, 'GoodLocalOverride')).toBe('Forced');
  });
  it('says nothing about a good value', () => {
    expect(qualityShort(0, 'Good')).toBe('');
  });
  it('is put into words even when this page does not know it', () => {
    expect(qualityShort(0x80450000, 'BadHistoryLost')).toBe('Bad history lost');
    expect(qualitySentence(0x80450000, 'BadHistoryLost')).toBe('The value cannot be used.');
    expect(splitWords('UncertainInitialValue')).toBe('Uncertain initial value');
  });
});

describe('an age', () => {
  it('gets coarser as it grows', () => {
    expect([0, 999, 1000, 59_999, 61_000, 3_700_000, 90_000_000].map(formatAge)).toEqual([
      'now', 'now', '1 s', '59 s', '1 min 01 s', '1 h 01 min', '1 d 01 h',
    ]);
    expect(formatAgeShort(61_000)).toBe('1 min');
  });
  it('is never negative, though the clocks differ', () => {
    expect(formatAge(-5000)).toBe('now');
  });
  it('is "never" for what was never read', () => {
    expect(formatAge(parseTime(null))).toBe('never');
    expect(parseTime('no time')).toBeNull();
  });
  it('understands the server’s microseconds', () => {
    expect(parseTime('2024-05-01T12:00:00.123456Z')).toBe(Date.UTC(2024, 4, 1, 12, 0, 0, 123));
  });
  it('shows durations in the unit they are thought in', () => {
    expect([0.5, 1.5, 90, 600, null].map(formatDuration)).toEqual(['500 ms', '1.5 s', '90 s', '10 min 00 s', '–']);
  });
  it('shows the date only when it is not today', () => {
    const noon = new Date(2024, 4, 1, 12, 30, 5).getTime();
    expect(formatTime(noon, noon)).toBe('12:30:05');
    expect(formatTime(noon, noon + 86_400_000)).toBe('2024-05-01 12:30:05');
  });
});
