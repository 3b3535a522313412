import type { Body, Json } from '../api/types';
import { isBody } from '../edit/body';

export interface KeyDifference {
  key: string;
  before: Json | undefined;
  after: Json | undefined;
}

/** Which keys of two bodies differ, "source.scale" for one inside of another; null is "no such thing". */
export function differences(before: Json | undefined, after: Json | undefined, key = ''): KeyDifference[] {
  const [old, now] = [parsed(before), parsed(after)];
  if (!isBody(old) && !isBody(now)) return same(old, now) ? [] : [{ key, before: old ?? undefined, after: now ?? undefined }];
  const [oldBody, newBody]: [Body, Body] = [isBody(old) ? old : {}, isBody(now) ? now : {}];
  const keys = [...new Set([...Object.keys(oldBody), ...Object.keys(newBody)])];
  return keys.flatMap((each) => differences(oldBody[each], newBody[each], key === '' ? each : `${key}.${each}`));
}

/** Bodies may come as JSON inside of a text. */
function parsed(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
