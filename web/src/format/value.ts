import type { Json, Range, RangeJson, StatesJson } from '../api/types';
import { texts } from '../messages';
import { groupDigits } from './digits';

export interface Shape {
  type: string;
  range?: RangeJson;
  states?: StatesJson;
}

export function rangeOf(range: RangeJson): Range | null {
  if (!range) return null;
  const [low, high] = Array.isArray(range) ? range : [range.low, range.high];
  return typeof low === 'number' && typeof high === 'number' && high > low ? { low, high } : null;
}

/** The value as a person reads it: states by name, numbers as steady as their range allows. */
export function formatValue(value: Json, shape: Shape): string {
  if (value === null || value === undefined) return texts.unknownValue;
  const state = stateName(value, shape.states);
  if (state !== null) return state;
  if (typeof value === 'boolean') return value ? texts.on : texts.off;
  if (typeof value === 'number') return formatNumber(value, shape);
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** "Manual" of 2 in {2: "Manual"}; null when the tag has no name for it. */
export function stateName(value: Json, states: StatesJson): string | null {
  if (!states) return null;
  const key = value === true ? '1' : value === false ? '0' : typeof value === 'number' ? String(value) : null;
  return key === null ? null : (states[key] ?? states[String(value)] ?? null);
}

/**
 * Digits that do not dance: a float with a range shows a thousandth of it, one without shows five significant
 * digits, with the zeros kept so that the width stays. Integers are shown whole.
 */
export function formatNumber(value: number, shape: Shape): string {
  if (!Number.isFinite(value)) return texts.unknownValue;
  if (shape.type === 'int' || shape.type.startsWith('int')) return groupDigits(String(value));
  const range = rangeOf(shape.range);
  const decimals = range ? decimalsFor(range.high - range.low) : decimalsOfMagnitude(value);
  if (decimals === null) return decimal(value.toExponential(4));
  const text = value.toFixed(decimals);
  return groupDigits(decimal(Number(text) === 0 ? text.replace('-', '') : text));
}

/** Decimals that show about a thousandth of a span: 10 -> 2, 100 -> 1, 3000 -> 0. */
export function decimalsFor(span: number): number {
  const decimals = Math.round(-Math.log10(span / 1000));
  return Math.min(6, Math.max(0, decimals));
}

function decimalsOfMagnitude(value: number): number | null {
  const size = Math.abs(value);
  if (size === 0) return 2;
  if (size >= 1e12 || size < 1e-4) return null;
  return Math.min(6, Math.max(0, 4 - Math.floor(Math.log10(size))));
}

/** A number's text with the decimal sign of the language; only for people, never for a program. */
export function decimal(text: string): string {
  return texts.locale.decimal === '.' ? text : text.replace('.', texts.locale.decimal);
}

/** Where the value lies in its range, 0 to 1; null when there is nothing to draw. */
export function positionInRange(value: Json, range: RangeJson): number | null {
  const r = rangeOf(range);
  if (!r || typeof value !== 'number' || !Number.isFinite(value)) return null;
  return Math.min(1, Math.max(0, (value - r.low) / (r.high - r.low)));
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${decimal((bytes / 2 ** (10 * power)).toPrecision(3))} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
}

export function formatCount(n: number | null | undefined): string {
  return n === null || n === undefined ? '–' : groupDigits(String(Math.round(n)));
}

export function formatRate(n: number): string {
  return n >= 100 ? formatCount(n) : decimal(n.toFixed(n >= 10 ? 0 : 1));
}
