import type { Body, Json } from '../api/types';
import { texts } from '../messages';
import { isBody } from './body';
import { jsonColumn, textColumn, type Cells, type Column, type Surroundings } from './column';
import { pathColumn } from './tag_columns';

const t = () => texts.edit.columns;

function checkType(text: string, _: Cells, around: Surroundings): string {
  return text === '' || around.types.has(text) ? '' : texts.edit.unknownType(text, [...around.types.keys()].join(', '));
}

/** "plc=plc1; base=100" for {"plc": "plc1", "base": 100}. */
function parametersText(value: Json | undefined): string {
  if (!isBody(value)) return '';
  return Object.entries(value).map(([name, each]) => `${name}=${parameterText(each)}`).join('; ');
}

function parameterText(value: Json): string {
  if (typeof value === 'string') return scalar(value) === value ? value : `"${value}"`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parseParameters(text: string): Body | null {
  const found: Body = {};
  for (const part of text.split(';').map((each) => each.trim()).filter((each) => each !== '')) {
    const at = part.indexOf('=');
    if (at < 1) return null;
    found[part.slice(0, at).trim()] = scalar(part.slice(at + 1).trim());
  }
  return found;
}

/** A number when it looks like one; quotes keep it a text. */
function scalar(text: string): Json {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text.replace(/^"(.*)"$/, '$1');
}

/** The parameters that the object's type asks for, and those it does not know. */
function checkParameters(text: string, cells: Cells, around: Surroundings): string {
  const given = parseParameters(text);
  if (!given) return texts.edit.notParameters;
  const parameters = around.types.get(cells('type'))?.parameters;
  if (!isBody(parameters)) return '';
  const missing = Object.keys(parameters).filter((name) => !(name in given));
  if (missing.length > 0) return texts.edit.missingParameters(missing.join(', '));
  const unknown = Object.keys(given).filter((name) => !(name in parameters));
  return unknown.length > 0 ? texts.edit.unknownParameters(unknown.join(', ')) : '';
}

export const kObjectColumns: readonly Column[] = [
  pathColumn,
  textColumn({
    key: 'type', title: () => t().objectType, width: 130, kind: 'choice', strict: true, choices: (_, around) => [...around.types.keys()], check: checkType,
  }),
  textColumn({ key: 'description', title: () => t().description, width: 320 }),
  textColumn({
    key: 'with', title: () => t().parameters, hint: () => texts.edit.parametersHint, width: 240,
    read: (body) => parametersText(body.with),
    write: (body, text) => {
      const { with: _, ...rest } = body;
      return text === '' ? rest : { ...rest, with: parseParameters(text) };
    },
    check: checkParameters,
  }),
  jsonColumn({ key: 'override', title: () => t().override, hint: () => texts.edit.overrideHint, width: 340 }),
];
