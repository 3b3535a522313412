import type { Body, Json } from '../api/types';

/** What a body holds under "source.address"; undefined when there is nothing. */
export function getAt(body: Body, key: string): Json | undefined {
  let at: Json | undefined = body;
  for (const part of key.split('.')) {
    if (at === null || typeof at !== 'object' || Array.isArray(at)) return undefined;
    at = at[part];
  }
  return at;
}

/** Puts or, with undefined, takes away; a mapping that becomes empty goes, too. Does not change `body` itself. */
export function putAt(body: Body, key: string, value: Json | undefined): Body {
  const [first, ...rest] = key.split('.') as [string, ...string[]];
  const copy = { ...body };
  if (rest.length > 0) {
    const inner = copy[first];
    const below = putAt(isBody(inner) ? inner : {}, rest.join('.'), value);
    if (Object.keys(below).length > 0) copy[first] = below;
    else delete copy[first];
  } else if (value === undefined) delete copy[first];
  else copy[first] = value;
  return copy;
}

export function isBody(value: Json | undefined): value is Body {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A value as a cell shows it; mappings as one line of JSON. */
export function cellText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
