import type { Client } from '../api/client';
import type { Page, Tag, TreeNode } from '../api/types';
import { Branch, type Row } from './model';

const kPage = 500;
const kFromEnd = 50;

/**
 * Tags by words of their path or by a pattern. The server searches; the page asks for as many results as are
 * scrolled to, so it makes no difference how many tags there are.
 */
export class TagSearch {
  rows = $state.raw<Row[]>([]);
  busy = $state(false);
  /** More results than `rows` has. */
  more = $state(false);
  error = $state('');
  private cursor: string | null = null;
  private text = '';
  private running: AbortController | null = null;
  private readonly root = new Branch({ path: '/', name: '', kind: 'object' }, null, 0);

  constructor(private readonly client: Client) {}

  cancel(): void {
    this.running?.abort();
    this.running = null;
    this.cursor = null;
    this.busy = this.more = false;
    this.error = '';
    this.rows = [];
  }

  async find(text: string): Promise<void> {
    this.running?.abort();
    this.running = new AbortController();
    this.text = text;
    this.cursor = null;
    await this.load([]);
  }

  /** Loads the next page when the end of what is there comes near. */
  fill(last: number): void {
    if (this.more && !this.busy && last >= this.rows.length - kFromEnd) void this.load(this.rows);
  }

  private async load(before: Row[]): Promise<void> {
    const signal = this.running!.signal;
    this.busy = true;
    try {
      const page = await this.client.call<Page<Tag>>(`api/tags?${this.query()}`, { signal, timeoutMs: 30_000 });
      if (signal.aborted) return;
      this.rows = [...before, ...page.items.map((tag, at) => this.row(tag, before.length + at))];
      this.cursor = page.cursor ?? null;
      this.more = this.cursor !== null;
      this.error = '';
    } catch (error) {
      if (signal.aborted) return;
      this.error = (error as Error).message;
      this.more = false;
    }
    this.busy = false;
  }

  private query(): URLSearchParams {
    const query = new URLSearchParams({ limit: String(kPage) });
    const isPattern = this.text.includes('*');
    if (isPattern) query.set('path', this.text.startsWith('/') ? this.text : `/${this.text}`);
    else query.set('match', this.text);
    if (this.cursor) query.set('cursor', this.cursor);
    return query;
  }

  private row(tag: Tag, index: number): Row {
    const branch = new Branch(asNode(tag), this.root, index);
    return { key: tag.path, branch, parent: this.root, index, level: 1, expanded: false, childCount: 0 };
  }
}

function asNode(tag: Tag): TreeNode {
  const { id, path, type, unit, states, range, confirm, description } = tag;
  const writable = tag.writable ?? false;
  const shown = { id, type, writable, confirm: confirm ?? false, unit: unit ?? null, states: states ?? null, range: range ?? null };
  return { path, name: path, kind: 'tag', type, description: description ?? null, tag: shown };
}
