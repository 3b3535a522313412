import { describe, expect, it } from 'vitest';
import type { TreeNode } from '../api/types';
import { ancestors, Branch, flatten, kPageSize, missingPages, placeChildren, visibleRange } from './model';

const root = () => new Branch({ path: '/', name: '', kind: 'object' }, null, 0);
const page = (offset: number, count: number, total: number): TreeNode => ({
  path: '/', name: '', kind: 'object', child_count: total,
  children: Array.from({ length: count }, (_, at) => ({ path: `/T${offset + at}`, name: `T${offset + at}`, kind: 'tag' })),
});

describe('the rows of the tree', () => {
  it('are those of open objects, each below its parent', () => {
    const top = root();
    placeChildren(top, 0, { path: '/', name: '', kind: 'object', children: [
      { path: '/A', name: 'A', kind: 'object', child_count: 1 }, { path: '/B', name: 'B', kind: 'tag' },
    ] });
    const a = top.children![0]!;
    placeChildren(a, 0, { path: '/A', name: 'A', kind: 'object', children: [{ path: '/A/X', name: 'X', kind: 'tag' }] });
    expect(flatten(top).map((row) => row.key)).toEqual(['/A', '/B']);
    a.expanded = true;
    expect(flatten(top).map((row) => [row.key, row.level])).toEqual([['/A', 1], ['/A/X', 2], ['/B', 1]]);
  });

  it('have their place before they are loaded', () => {
    const top = root();
    placeChildren(top, 0, page(0, kPageSize, 100_000));
    const rows = flatten(top);
    expect(rows).toHaveLength(100_000);
    expect([rows[499]!.branch?.info.path, rows[500]!.branch]).toEqual(['/T499', null]);
    expect(missingPages(rows, 480, 1010)).toEqual([{ parent: top, page: 1 }, { parent: top, page: 2 }]);
  });

  it('are asked for once', () => {
    const top = root();
    placeChildren(top, 0, page(0, kPageSize, 2000));
    top.asked.add(1);
    expect(missingPages(flatten(top), 500, 600)).toEqual([]);
    placeChildren(top, 500, page(500, kPageSize, 2000));
    expect(flatten(top)[999]!.key).toBe('/T999');
  });

  it('stay open when their page is loaded again', () => {
    const top = root();
    const answer: TreeNode = { path: '/', name: '', kind: 'object', children: [{ path: '/A', name: 'A', kind: 'object' }] };
    placeChildren(top, 0, answer);
    top.children![0]!.expanded = true;
    placeChildren(top, 0, structuredClone(answer));
    expect(top.children![0]!.expanded).toBe(true);
  });

  it('of a hundred thousand tags are all there', () => {
    const top = root();
    placeChildren(top, 0, page(0, 100_000, 100_000));
    expect(flatten(top)).toHaveLength(100_000);
  });
});

it('the path to a tag names every object above it', () => {
  expect(ancestors('/Plant/PumpHouse/Pressure')).toEqual(['/Plant', '/Plant/PumpHouse']);
  expect(ancestors('/Root')).toEqual([]);
});

it('only rows on the screen and a few beside it are drawn', () => {
  expect(visibleRange(0, 420, 42, 100_000)).toEqual([0, 16]);
  expect(visibleRange(42_000, 420, 42, 100_000)).toEqual([994, 1016]);
  expect(visibleRange(0, 420, 42, 3)).toEqual([0, 2]);
});
