import type { Json, RangeJson, StatesJson } from '../api/types';
import { decimal, formatNumber, rangeOf } from '../format/value';
import { texts } from '../messages';

export interface Target {
  type: string;
  unit?: string | null;
  range?: RangeJson;
  states?: StatesJson;
}

/** `json` is the literal to send: whole numbers beyond 2^53 would be rounded as a JavaScript number. */
export type Checked = { ok: true; json: string; value: Json } | { ok: false; reason: string };

const kInt64Low = -(2n ** 63n);
const kInt64High = 2n ** 63n - 1n;

/** What a person typed, against the type, the states and the range of the tag. */
export function checkInput(text: string, target: Target): Checked {
  const typed = text.trim();
  if (target.type.endsWith('[]')) return checkArray(typed, target);
  if (target.type === 'string') return good(JSON.stringify(text), text);
  if (typed === '') return bad(texts.write.enter);
  if (target.type === 'bool') return checkBool(typed);
  if (target.type === 'json') return checkJson(typed);
  if (target.type === 'int') return checkInt(typed, target);
  return checkFloat(typed, target);
}

function checkBool(typed: string): Checked {
  if (/^(true|1|on)$/i.test(typed)) return good('true', true);
  if (/^(false|0|off)$/i.test(typed)) return good('false', false);
  return bad(texts.write.notBool);
}

function checkInt(typed: string, target: Target): Checked {
  const plain = typed.replace(/^\u2212/, '-').replace(/^\+/, '');
  if (!/^-?\d+$/.test(plain)) return bad(Number.isNaN(toNumber(typed)) ? texts.write.notNumber : texts.write.notInteger);
  const exact = BigInt(plain);
  if (exact < kInt64Low || exact > kInt64High) return bad(texts.write.notInt64);
  const states = target.states ?? {};
  if (Object.keys(states).length > 0 && !(exact.toString() in states)) {
    return bad(texts.write.notState(Object.values(states).join(', ')));
  }
  return checkRange(Number(exact), exact.toString(), target);
}

function checkFloat(typed: string, target: Target): Checked {
  const value = toNumber(typed);
  if (Number.isNaN(value)) return bad(texts.write.notNumber);
  if (!Number.isFinite(value)) return bad(texts.write.notFinite);
  return checkRange(value, JSON.stringify(value), target);
}

function checkRange(value: number, json: string, target: Target): Checked {
  const range = rangeOf(target.range);
  if (range && (value < range.low || value > range.high)) return bad(rangeSentence(target));
  return good(json, value);
}

/** "The value must lie between 0 and 10 bar." */
export function rangeSentence(target: Target): string {
  const range = rangeOf(target.range);
  return range ? texts.write.outOfRange(limit(range.low), limit(range.high), target.unit ?? '') : '';
}

/** "0 to 10 bar"; '' when the tag has no range. */
export function rangeHint(target: Target): string {
  const range = rangeOf(target.range);
  return range ? texts.write.rangeHint(limit(range.low), limit(range.high), target.unit ?? '') : '';
}

function limit(value: number): string {
  return Number.isInteger(value) ? formatNumber(value, { type: 'int' }) : decimal(String(value));
}

function checkJson(typed: string): Checked {
  try {
    return good(typed, JSON.parse(typed) as Json);
  } catch {
    return bad(texts.write.notJson);
  }
}

function checkArray(typed: string, target: Target): Checked {
  const parsed = checkJson(typed);
  if (!parsed.ok || !Array.isArray(parsed.value)) return bad(texts.write.notArray);
  const item: Target = { ...target, type: target.type.slice(0, -2) };
  for (const [index, value] of parsed.value.entries()) {
    const checked = checkItem(value, item);
    if (!checked.ok) return bad(texts.write.wrongItem(index + 1, checked.reason));
  }
  return parsed;
}

function checkItem(value: Json, item: Target): Checked {
  if (item.type === 'string') return typeof value === 'string' ? good('', value) : bad(texts.write.notJson);
  if (item.type === 'bool') return typeof value === 'boolean' ? good('', value) : bad(texts.write.notBool);
  return typeof value === 'number' ? checkInput(String(value), item) : bad(texts.write.notNumber);
}

/** Takes 3.5 and 3,5 and 1e-3; thousands separators are refused, because they cannot be told from decimals. */
export function toNumber(typed: string): number {
  const plain = typed.replace(/^\u2212/, '-').replace(',', '.');
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}

function good(json: string, value: Json): Checked {
  return { ok: true, json, value };
}

function bad(reason: string): Checked {
  return { ok: false, reason };
}
