import type { Body, Json } from '../api/types';
import { decimal } from '../format/value';
import { texts } from '../messages';
import { toNumber } from '../write/validate';
import { cellText, getAt, putAt } from './body';

/** What a cell may refer to: the connectors with their devices, and the types of objects. */
export interface Surroundings {
  connectors: ReadonlyMap<string, readonly string[]>;
  types: ReadonlyMap<string, Body>;
}

/** The text of another cell of the same row, by the key of its column. */
export type Cells = (key: string) => string;

/** One key of a body as cells: its text, and back. Texts are the same in every language; `shown` is for people. */
export interface Column {
  /** As in project files and as the server names it in faults: "source.address". */
  key: string;
  title: () => string;
  /** Headings under which tables of other programs, and the server's own CSV, have it. */
  aliases?: readonly string[];
  hint?: () => string;
  /** Pixels. */
  width: number;
  kind: 'text' | 'number' | 'choice' | 'flag';
  /** Nothing but the choices makes sense, so that a form can offer them as a list. */
  strict?: boolean;
  /** What can be chosen; other texts are possible unless `check` refuses them. */
  choices?: (cells: Cells, around: Surroundings) => readonly string[];
  read: (body: Body) => string;
  /** Only called with what `check` accepts. */
  write: (body: Body, text: string) => Body;
  /** What was typed or pasted in the form that is kept: "3,5" -> "3.5", "yes" -> "true". */
  normal: (typed: string) => string;
  shown: (text: string) => string;
  /** Why the text cannot stay; '' when it can. */
  check: (text: string, cells: Cells, around: Surroundings) => string;
}

type Given = Pick<Column, 'key' | 'title' | 'width'> & Partial<Column>;

export function textColumn(given: Given): Column {
  return {
    kind: 'text',
    read: (body) => cellText(getAt(body, given.key)),
    write: (body, text) => putAt(body, given.key, text === '' ? undefined : text),
    normal: (typed) => typed.trim(),
    shown: (text) => text,
    check: () => '',
    ...given,
  };
}

export function numberColumn(given: Given): Column {
  return textColumn({
    kind: 'number',
    write: (body, text) => putAt(body, given.key, text === '' ? undefined : Number(text)),
    normal: (typed) => {
      const value = toNumber(typed.trim());
      return Number.isFinite(value) ? String(value) : typed.trim();
    },
    shown: (text) => decimal(text),
    check: (text) => (text === '' || Number.isFinite(toNumber(text)) ? '' : texts.write.notNumber),
    ...given,
  });
}

/** One of a few words; '' leaves the key out. */
export function wordColumn(given: Given & { words: readonly string[] }): Column {
  return textColumn({
    kind: 'choice',
    strict: true,
    choices: () => given.words,
    normal: (typed) => given.words.find((word) => word.toLowerCase() === typed.trim().toLowerCase()) ?? typed.trim(),
    check: (text) => (text === '' || given.words.includes(text) ? '' : texts.write.notState(given.words.join(', '))),
    ...given,
  });
}

const kYes = /^(true|1|x|on|yes|y|ja|wahr|да|истина|✓)$/i;
const kNo = /^(false|0|-|off|no|n|nein|falsch|нет|ложь|)$/i;

export function flagColumn(given: Given): Column {
  return textColumn({
    kind: 'flag',
    write: (body, text) => putAt(body, given.key, text === 'true' ? true : undefined),
    read: (body) => (getAt(body, given.key) === true ? 'true' : ''),
    normal: (typed) => (kYes.test(typed.trim()) ? 'true' : kNo.test(typed.trim()) ? '' : typed.trim()),
    shown: (text) => (text === 'true' ? '✓' : text),
    check: (text) => (text === '' || text === 'true' ? '' : texts.edit.notFlag),
    ...given,
  });
}

const kDuration = /^(\d+(\.\d+)?(ms|us|ns|s|m|h|d))+$/;

/** "500ms", "2s", "1m30s"; a bare number is taken for seconds. */
export function durationColumn(given: Given): Column {
  return textColumn({
    read: (body) => {
      const value = getAt(body, given.key);
      return typeof value === 'number' ? `${value}s` : cellText(value);
    },
    normal: (typed) => {
      const plain = typed.trim().replaceAll(' ', '').replace(',', '.');
      return /^\d+(\.\d+)?$/.test(plain) ? `${plain}s` : plain;
    },
    check: (text) => (text === '' || kDuration.test(text) ? '' : texts.edit.notDuration),
    ...given,
  });
}

/** "0=Off|1=On" for {"0": "Off", "1": "On"}. */
export function namesColumn(given: Given): Column {
  return textColumn({
    read: (body) => namesText(getAt(body, given.key)),
    write: (body, text) => putAt(body, given.key, parseNames(text) ?? undefined),
    check: (text) => (text === '' || parseNames(text) ? '' : texts.edit.notNames),
    ...given,
  });
}

function namesText(value: Json | undefined): string {
  if (value === null || value === undefined || typeof value !== 'object') return '';
  return Object.entries(value).map(([number, name]) => `${number}=${cellText(name)}`).join('|');
}

function parseNames(text: string): Body | null {
  const names: Body = {};
  for (const part of text.split(/[|;]/).map((each) => each.trim()).filter((each) => each !== '')) {
    const found = /^(-?\d+)\s*[=:]\s*(.+)$/.exec(part);
    if (!found) return null;
    names[found[1]!] = found[2]!;
  }
  return Object.keys(names).length > 0 ? names : null;
}

/** A mapping or a list as JSON. */
export function jsonColumn(given: Given): Column {
  return textColumn({
    write: (body, text) => putAt(body, given.key, text === '' ? undefined : (JSON.parse(text) as Json)),
    check: (text) => (text === '' || isJson(text) ? '' : texts.write.notJson),
    ...given,
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
