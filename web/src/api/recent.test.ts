import { describe, expect, it } from 'vitest';
import type { LiveValues } from './live.svelte';
import { kRecentPlaces, Recent } from './recent.svelte';
import type { Json } from './types';

function screen() {
  const shown = new Set<string>();
  const values = new Map<string, { value: Json; quality: number }>();
  let connected = true;
  const live = { shown: () => shown, cell: (path: string) => ({ item: values.get(path) ?? null }) };
  const recent = new Recent(live as unknown as LiveValues, () => connected);
  return { shown, values, recent, cut: () => (connected = false) };
}

describe('the last minutes of a tag', () => {
  it('hold one value per second of what was on the screen, a hole otherwise', () => {
    const { shown, values, recent } = screen();
    shown.add('/A');
    for (const value of [1, 2]) {
      values.set('/A', { value, quality: 0 });
      recent.record();
    }
    shown.clear();
    recent.record();
    shown.add('/A');
    values.set('/A', { value: 4, quality: 0 });
    recent.record();
    expect(recent.of('/A').slice(-4)).toEqual([1, 2, Number.NaN, 4]);
    expect(recent.of('/A')).toHaveLength(kRecentPlaces);
    expect(recent.of('/B')).toEqual([]);
  });
  it('have holes where the value was bad or the connection was lost', () => {
    const { shown, values, recent, cut } = screen();
    shown.add('/A');
    values.set('/A', { value: 1, quality: 0x80310000 });
    recent.record();
    values.set('/A', { value: true, quality: 0x40900000 });
    recent.record();
    cut();
    recent.record();
    expect(recent.of('/A').slice(-3)).toEqual([Number.NaN, 1, Number.NaN]);
  });
  it('forget what is older than five minutes', () => {
    const { shown, values, recent } = screen();
    shown.add('/A');
    for (let value = 0; value < kRecentPlaces + 5; value++) {
      values.set('/A', { value, quality: 0 });
      recent.record();
    }
    expect(recent.of('/A')[0]).toBe(5);
    expect(recent.of('/A').at(-1)).toBe(kRecentPlaces + 4);
  });
});
