import type { Client } from '../api/client';
import { allConnectors, devicesOf } from '../api/connectors';
import type { Body, Page, Status, Tag } from '../api/types';
import type { Surroundings } from './column';
import type { Origin } from './sheet_row';

/** More rows than this are not taken into one sheet. */
export const kMostRows = 20_000;
const kPage = 5000;

export interface Loaded {
  origins: Origin[];
  around: Surroundings;
  /** Of the project, as it was before anything was read. */
  revision: number;
  /** There are more than kMostRows. */
  cut: boolean;
}

export interface ObjectItem {
  path: string;
  type: string | null;
  description: string;
  definition?: Body | null;
}

export async function surroundings(client: Client): Promise<Surroundings> {
  const [connectors, types] = await Promise.all([
    allConnectors(client),
    client.call<Page<{ name: string; definition?: Body | null }>>('api/types?limit=10000'),
  ]);
  return {
    connectors: new Map(connectors.map((each) => [each.name, devicesOf(each)])),
    types: new Map(types.items.map((type) => [type.name, type.definition ?? {}])),
  };
}

export function tagOrigin(tag: Tag): Origin {
  return { name: tag.path, body: tag.definition ?? {}, readonly: !tag.definition, from: tag.from_type ?? null };
}

export function objectOrigin(object: ObjectItem): Origin {
  return { name: object.path, body: object.definition ?? {}, readonly: false };
}

/** Everything below a path that is declared, as rows of a sheet. Fails: ApiError */
export async function load(client: Client, kind: 'tags' | 'objects', below: string, onprogress: (count: number) => void): Promise<Loaded> {
  const { revision } = await client.call<Status>('api/status');
  const around = await surroundings(client);
  const origins: Origin[] = [];
  let cursor: string | null | undefined = null;
  do {
    const query = new URLSearchParams({ path: `${below === '/' ? '' : below}/**`, limit: String(kPage) });
    if (cursor) query.set('cursor', cursor);
    const page: Page<Tag & ObjectItem> = await client.call(`api/${kind}?${query}`, { timeoutMs: 30_000 });
    for (const item of page.items) origins.push(kind === 'tags' ? tagOrigin(item) : objectOrigin(item));
    onprogress(origins.length);
    cursor = page.cursor;
  } while (cursor && origins.length < kMostRows);
  return { origins, around, revision, cut: !!cursor };
}
