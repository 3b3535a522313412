import { severity } from '../format/quality';
import type { LiveValues } from './live.svelte';

/** Five minutes, one place per second. */
export const kRecentPlaces = 300;
const kMostTags = 1000;

/**
 * The last minutes of what was on the screen, collected in the page: who selects a tag sees at once how it got there.
 * NaN is a hole: no connection, a bad value, or the tag was not on the screen.
 */
export class Recent {
  /** Grows by one each second; read it to be drawn anew. */
  tick = $state(0);
  private readonly kept = new Map<string, { values: Float64Array; last: number }>();
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly live: LiveValues,
    private readonly connected: () => boolean,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => this.record(), 1000);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.kept.clear();
  }

  /** One value per second up to now, oldest first. */
  of(path: string): number[] {
    const entry = this.kept.get(path);
    if (!entry || entry.last <= this.tick - kRecentPlaces) return [];
    const values: number[] = [];
    for (let at = this.tick - kRecentPlaces + 1; at <= this.tick; at++) {
      const there = at <= entry.last && at > entry.last - kRecentPlaces && at > 0;
      values.push(there ? entry.values[at % kRecentPlaces]! : Number.NaN);
    }
    return values;
  }

  /** Takes the present value of everything on the screen; once a second. */
  record(): void {
    const now = this.tick + 1;
    for (const path of this.live.shown()) this.put(path, now, this.sample(path));
    this.tick = now;
    if (this.kept.size > kMostTags) this.forgetOldest();
  }

  private sample(path: string): number {
    const item = this.live.cell(path).item;
    if (!item || !this.connected() || severity(item.quality) === 'bad') return Number.NaN;
    if (typeof item.value === 'boolean') return item.value ? 1 : 0;
    return typeof item.value === 'number' ? item.value : Number.NaN;
  }

  private put(path: string, now: number, value: number): void {
    let entry = this.kept.get(path);
    if (!entry) this.kept.set(path, (entry = { values: new Float64Array(kRecentPlaces).fill(Number.NaN), last: now - 1 }));
    for (let at = Math.max(entry.last + 1, now - kRecentPlaces + 1); at < now; at++) entry.values[at % kRecentPlaces] = Number.NaN;
    entry.values[now % kRecentPlaces] = value;
    entry.last = now;
  }

  private forgetOldest(): void {
    const byAge = [...this.kept].sort(([, a], [, b]) => a.last - b.last);
    for (const [path] of byAge.slice(0, this.kept.size - kMostTags)) this.kept.delete(path);
  }
}
