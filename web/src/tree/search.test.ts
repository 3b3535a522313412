import { describe, expect, it } from 'vitest';
import type { Client } from '../api/client';
import { TagSearch } from './search.svelte';

/** A server with `count` tags that all match, in pages as they are asked for. */
function serverWith(count: number) {
  const asked: URLSearchParams[] = [];
  const call = (path: string) => {
    const query = new URLSearchParams(path.split('?')[1]);
    asked.push(query);
    const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
    const items = Array.from({ length: Math.min(limit, count - from) }, (_, at) => ({ id: from + at, path: `/T${from + at}`, type: 'float', writable: at === 0 }));
    return Promise.resolve({ items, cursor: from + limit < count ? String(from + limit) : null });
  };
  return { asked, search: new TagSearch({ call } as unknown as Client) };
}

describe('a search', () => {
  it('asks the server for words, and with * for a pattern', async () => {
    const { asked, search } = serverWith(3);
    await search.find('pump current');
    await search.find('Plant/**/Current');
    expect(asked.map((query) => [query.get('match'), query.get('path')])).toEqual([['pump current', null], [null, '/Plant/**/Current']]);
    expect(search.rows.map((row) => row.key)).toEqual(['/T0', '/T1', '/T2']);
    expect(search.rows.map((row) => row.branch?.info.tag?.writable)).toEqual([true, false, false]);
  });
  it('loads more only when the end of what is there comes near', async () => {
    const { asked, search } = serverWith(1200);
    await search.find('t');
    expect([search.rows.length, search.more]).toEqual([500, true]);
    search.fill(100);
    expect(asked).toHaveLength(1);
    search.fill(490);
    await new Promise((resolve) => setTimeout(resolve));
    expect([search.rows.length, asked.length]).toEqual([1000, 2]);
    search.fill(999);
    await new Promise((resolve) => setTimeout(resolve));
    expect([search.rows.length, search.more]).toEqual([1200, false]);
  });
  it('shows nothing of a search that was given up', async () => {
    const { search } = serverWith(3);
    const first = search.find('a');
    search.cancel();
    await first;
    expect(search.rows).toEqual([]);
  });
});
