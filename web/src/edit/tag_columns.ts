import type { Body, Json } from '../api/types';
import { texts } from '../messages';
import {
  durationColumn, flagColumn, namesColumn, numberColumn, textColumn, wordColumn, type Cells, type Column, type Surroundings,
} from './column';

export const kTagTypes = ['bool', 'int', 'float', 'string', 'json', 'bool[]', 'int[]', 'float[]', 'string[]'];
export const kWriters = ['operator', 'engineer', 'admin'];
export const kOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA', 'EFGHABCD', 'CDABGHEF', 'DCBAHGFE', 'FEHGBADC'];
/** Proposed, not required: each connector has its own. */
export const kDtypes = [
  'bool', 'bit', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'int64', 'uint64', 'float64', 'bcd16', 'bcd32', 'string',
];

const t = () => texts.edit.columns;

/** The path: "/Plant/Pump1/Current"; the first slash may be left out. */
export const pathColumn: Column = textColumn({
  key: 'path',
  aliases: ['name'],
  title: () => t().path,
  width: 340,
  read: () => '',
  write: (body) => body,
  normal: (typed) => withSlash(typed.trim()),
  check: checkPath,
});

export function withSlash(path: string): string {
  return path === '' || path.startsWith('/') ? path : `/${path}`;
}

export function checkPath(path: string): string {
  if (path === '' || path === '/') return texts.edit.noPath;
  if (!path.startsWith('/') || /[*{}]|\/\/|\/$/.test(path)) return texts.edit.badPath;
  return '';
}

function rangeEnd(index: 0 | 1, key: string, aliases: string[], title: () => string): Column {
  return numberColumn({
    key,
    aliases,
    title,
    width: 80,
    read: (body) => {
      const end = Array.isArray(body.range) ? body.range[index] : undefined;
      return end === undefined || end === null ? '' : String(end);
    },
    write: (body, text) => withRangeEnd(body, index, text),
    check: (text, cells) => checkRangeEnd(text, index, cells),
  });
}

function withRangeEnd(body: Body, index: 0 | 1, text: string): Body {
  const range: Json[] = Array.isArray(body.range) ? [body.range[0] ?? null, body.range[1] ?? null] : [null, null];
  range[index] = text === '' ? null : Number(text);
  const { range: _, ...rest } = body;
  return range[0] === null && range[1] === null ? rest : { ...rest, range };
}

function checkRangeEnd(text: string, index: 0 | 1, cells: Cells): string {
  const other = cells(index === 0 ? 'range.high' : 'range.low');
  if (text === '') return other === '' ? '' : texts.edit.bothEnds;
  if (!Number.isFinite(Number(text))) return texts.write.notNumber;
  const [low, high] = index === 0 ? [text, other] : [other, text];
  return other !== '' && Number(low) >= Number(high) ? texts.edit.lowBelowHigh : '';
}

function checkConnector(text: string, cells: Cells, around: Surroundings): string {
  if (text === '') return cells('source.address') === '' ? '' : texts.edit.noConnector;
  return around.connectors.has(text) ? '' : texts.edit.unknownConnector(text, [...around.connectors.keys()].join(', '));
}

function checkDevice(text: string, cells: Cells, around: Surroundings): string {
  const devices = around.connectors.get(cells('source.connector'));
  if (!devices || devices.length === 0 || (text === '' && devices.includes('default'))) return '';
  if (text === '') return texts.edit.noDevice(devices.join(', '));
  return devices.includes(text) ? '' : texts.edit.unknownDevice(text, devices.join(', '));
}

/** Everything a tag can say about itself that is a single value; what else its body holds stays as it is. */
export const kTagColumns: readonly Column[] = [
  pathColumn,
  wordColumn({
    key: 'type', aliases: ['type_'], title: () => t().type, width: 80, words: kTagTypes,
    check: (text) => (kTagTypes.includes(text) ? '' : texts.edit.noType(kTagTypes.join(', '))),
  }),
  textColumn({ key: 'unit', aliases: ['units'], title: () => t().unit, width: 64 }),
  textColumn({ key: 'description', title: () => t().description, width: 220 }),
  rangeEnd(0, 'range.low', ['min_', 'min'], () => t().low),
  rangeEnd(1, 'range.high', ['max_', 'max'], () => t().high),
  namesColumn({ key: 'states', title: () => t().states, hint: () => texts.edit.namesHint, width: 150 }),
  textColumn({
    key: 'source.connector', aliases: ['connector_name'], title: () => t().connector, width: 110, kind: 'choice', strict: true,
    choices: (_, around) => [...around.connectors.keys()], check: checkConnector,
  }),
  textColumn({
    key: 'source.device', title: () => t().device, width: 100, kind: 'choice', strict: true,
    choices: (cells, around) => around.connectors.get(cells('source.connector')) ?? [], check: checkDevice,
  }),
  textColumn({
    key: 'source.address', aliases: ['source'], title: () => t().address, hint: () => texts.edit.addressHint, width: 110,
    check: (text, cells) => (text === '' && cells('source.connector') !== '' ? texts.edit.noAddress : ''),
  }),
  textColumn({ key: 'source.dtype', title: () => t().dtype, width: 90, kind: 'choice', choices: () => kDtypes }),
  textColumn({ key: 'source.order', title: () => t().order, width: 80, kind: 'choice', choices: () => kOrders }),
  durationColumn({ key: 'source.period', title: () => t().period, hint: () => texts.edit.durationHint, width: 80 }),
  numberColumn({ key: 'source.scale', title: () => t().scale, width: 80 }),
  numberColumn({ key: 'source.offset', title: () => t().offset, width: 80 }),
  numberColumn({ key: 'source.deadband', title: () => t().deadband, width: 80 }),
  flagColumn({ key: 'source.read_back', title: () => t().readBack, width: 84 }),
  wordColumn({ key: 'write', title: () => t().write, width: 96, words: kWriters }),
  flagColumn({ key: 'confirm', title: () => t().confirm, width: 80 }),
  numberColumn({ key: 'size', title: () => t().size, hint: () => texts.edit.sizeHint, width: 80 }),
  durationColumn({ key: 'stale_after', title: () => t().stale, hint: () => texts.edit.durationHint, width: 90 }),
];
