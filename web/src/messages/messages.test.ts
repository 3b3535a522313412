import { describe, expect, it } from 'vitest';
import { english } from './english';
import { german } from './german';
import { preferred } from './language.svelte';
import { counting } from './plural';
import { russian } from './russian';

type Leaf = { key: string; value: unknown };

function leaves(catalogue: object, key = ''): Leaf[] {
  return Object.entries(catalogue).flatMap(([name, value]: [string, unknown]) => {
    const path = key === '' ? name : `${key}.${name}`;
    return value !== null && typeof value === 'object' ? leaves(value, path) : [{ key: path, value }];
  });
}

/** Names, commands and notations are the same in every language. */
const kNotations = ['product', 'user.api', 'locale.tag', 'overview.emptyCommand', 'overview.emptyDemoCommand', 'edit.durationHint'];
/** German words that happen to be English ones. */
const kAlike = [
  'locale.units.min', 'user.roles.admin', 'overview.server', 'overview.version', 'tree.name', 'detail.typeNames.string', 'edit.columns.parameters', 'connect.host', 'connect.port', 'connect.unit',
  'connect.name', 'connect.tables.CO', 'connectors.keys.host', 'connectors.keys.port', 'connectors.keys.unit', 'roles.name', 'keys.name',
  'settings.parts.audit', 'project.importTitle', 'project.exportTitle', 'overview.partName.simulator', 'trace.hex', 'overview.partName.server',
];

describe.each([['German', german, [...kNotations, ...kAlike]], ['Russian', russian, kNotations]])('the %s texts', (_, catalogue, alike) => {
  const own = new Map(leaves(catalogue).map(({ key, value }) => [key, value]));

  it('have every key of the English ones and no other', () => {
    expect([...own.keys()].sort()).toEqual(leaves(english).map(({ key }) => key).sort());
  });
  it('are of the same kind, and functions put in what they are given', () => {
    for (const { key, value } of leaves(english)) {
      expect(typeof own.get(key), key).toBe(typeof value);
      if (typeof value !== 'function') continue;
      const given = Array.from({ length: value.length }, (_, at) => 7 + at) as never[];
      const mine = (own.get(key) as (...values: never[]) => string)(...given);
      const theirs = (value as (...values: never[]) => string)(...given);
      const numbers = (text: string) => (text.match(/\d+/g) ?? []).sort();
      expect(numbers(mine), key).toEqual(numbers(theirs));
    }
  });
  it('are not left in English', () => {
    const words = leaves(english).filter(({ value }) => typeof value === 'string' && /[a-z]{3}/.test(value));
    const same = words.filter(({ key, value }) => own.get(key) === value && !alike.includes(key)).map(({ key }) => key);
    expect(same).toEqual([]);
  });
  it('have no straight quotes or three dots where the language has signs of its own', () => {
    const careless = [...own].filter(([key, value]) => typeof value === 'string' && /\.\.\.|(^|\s)"\w/.test(value) && !key.endsWith('overrideHint'));
    expect(careless).toEqual([]);
  });
});

it('a number takes the form of the noun that its language asks for', () => {
  const forms = { one: 'тег', few: 'тега', many: 'тегов', other: 'тега' };
  const counted = counting('ru');
  expect([1, 2, 5, 11, 21, 112, 10_000].map((n) => counted(n, forms))).toEqual(['1 тег', '2 тега', '5 тегов', '11 тегов', '21 тег', '112 тегов', '10\u202f000 тегов']);
  expect([0, 1, 2].map((n) => counting('de')(n, { one: 'Zeile', other: 'Zeilen' }))).toEqual(['0 Zeilen', '1 Zeile', '2 Zeilen']);
});

it('the language is the first of the browser’s that there is', () => {
  expect(preferred(['ru-RU', 'en'])).toBe('ru');
  expect(preferred(['fr-FR', 'de-AT', 'en'])).toBe('de');
  expect(preferred(['fr'])).toBe('en');
  expect(preferred([])).toBe('en');
});
