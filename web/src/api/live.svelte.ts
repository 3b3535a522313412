import type { LiveSocket, Message } from './socket';
import type { ValueItem } from './types';

/** One tag's current value; a row on the screen reads `item` and is drawn anew only when it changes. */
export class Cell {
  item = $state.raw<ValueItem | null>(null);
}

const kPeriodMs = 250;
const kGatherMs = 80;
const kMostCells = 20_000;

/**
 * Current values of what is on the screen and of nothing else. Each part of the page says which paths it shows;
 * the server is asked for all of them in one subscription, which is replaced when the screen changes.
 */
export class LiveValues {
  /** The server refused the paths: the tree on the screen is probably out of date. */
  onRefused: (detail: string) => void = () => {};

  private readonly cells = new Map<string, Cell>();
  private readonly wanted = new Map<string, readonly string[]>();
  private subscribed = '';
  private current: number | null = null;
  private readonly outgoing = new Set<number>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly socket: LiveSocket) {}

  cell(path: string): Cell {
    let cell = this.cells.get(path);
    if (!cell) this.cells.set(path, (cell = new Cell()));
    return cell;
  }

  /** `part` names who asks; an empty list says that it shows nothing any more. */
  show(part: string, paths: readonly string[]): void {
    if (paths.length === 0) this.wanted.delete(part);
    else this.wanted.set(part, paths);
    this.timer ??= setTimeout(() => this.renew(), kGatherMs);
  }

  /** Every path that is on the screen now. */
  shown(): Set<string> {
    return new Set([...this.wanted.values()].flat());
  }

  /** Another user must not see what this one saw. */
  clear(): void {
    this.cells.clear();
    this.wanted.clear();
    this.outgoing.clear();
    this.subscribed = '';
    this.current = null;
  }

  private renew(): void {
    this.timer = null;
    const paths = [...new Set([...this.wanted.values()].flat())].sort();
    const key = paths.join('\n');
    if (key === this.subscribed) return;
    this.subscribed = key;
    if (this.current !== null) this.outgoing.add(this.current);
    this.current = null;
    if (paths.length === 0) return this.dropOutgoing();
    this.forgetUnseen(paths);
    // "every": the age of a value that stays the same must not grow while the device is being read.
    const request = { op: 'subscribe', paths, max_rate_ms: kPeriodMs, every: true };
    const id: number = this.socket.subscribe(request, (message) => this.receive(id, message));
    this.current = id;
  }

  private receive(id: number, message: Message): void {
    if (message.op === 'error') return this.refused(id, String(message.detail ?? ''));
    if (message.op === 'snapshot' && id === this.current) this.dropOutgoing();
    if (message.op !== 'snapshot' && message.op !== 'changes') return;
    for (const item of (message.items ?? []) as ValueItem[]) {
      const cell = this.cell(item.path);
      cell.item = item.unit === undefined ? { ...item, unit: cell.item?.unit ?? null } : item;
    }
  }

  private refused(id: number, detail: string): void {
    this.socket.unsubscribe(id);
    if (id !== this.current) return;
    this.current = null;
    this.onRefused(detail);
  }

  private dropOutgoing(): void {
    for (const id of this.outgoing) this.socket.unsubscribe(id);
    this.outgoing.clear();
  }

  private forgetUnseen(paths: string[]): void {
    if (this.cells.size < kMostCells) return;
    const seen = new Set(paths);
    for (const path of this.cells.keys()) if (!seen.has(path)) this.cells.delete(path);
  }
}
