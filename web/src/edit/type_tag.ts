import type { Body, Json, Tag } from '../api/types';
import { isBody } from './body';

/**
 * The own body of a tag that a type makes: the keys that the type and the object's override give, with the values
 * that the tag has (a type's texts hold parameters: "IR:{base+2}"). Sent back changed, the server keeps what differs
 * as the object's override.
 */
export function bodyOfTypeTag(tag: Tag, type: Body, override: Json | undefined): Body {
  const name = tag.path.slice((tag.object ?? '').length + 1);
  const declared = isBody(type.tags) && isBody(type.tags[name]) ? (type.tags[name] as Body) : {};
  const different = isBody(override) && isBody(override[name]) ? (override[name] as Body) : {};
  return resolved(merged(declared, different), asBody(tag));
}

/** A mapping is merged key by key, null takes a key away. */
function merged(below: Body, above: Body): Body {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = result[key];
    if (value === null) delete result[key];
    else result[key] = isBody(value) && isBody(under) ? merged(under, value) : value;
  }
  return result;
}

function resolved(body: Body, actual: Body): Body {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => {
      const now = actual[key];
      if (isBody(value)) return [key, resolved(value, isBody(now) ? now : {})];
      return [key, hasParameter(value) && now !== undefined && now !== null ? now : value];
    }),
  );
}

function hasParameter(value: Json): boolean {
  return typeof value === 'string' ? value.includes('{') : Array.isArray(value) && value.some(hasParameter);
}

function asBody(tag: Tag): Body {
  return JSON.parse(JSON.stringify(tag)) as Body;
}
