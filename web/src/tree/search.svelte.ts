import type { Client } from '../api/client';
import type { Page, Tag, TreeNode } from '../api/types';
import { Branch, type Row } from './model';

const kPage = 5000;

/**
 * Tags by a part of their path or by a pattern. The server knows patterns; for a part of a path all tags are read
 * once per project revision and searched here, so that typing answers at once.
 */
export class TagSearch {
  rows = $state.raw<Row[]>([]);
  /** Tags read so far while a search runs; null when it is done. */
  progress = $state<number | null>(null);
  error = $state('');
  private index: { revision: number; tags: { lower: string; tag: Tag }[] } | null = null;
  private running: AbortController | null = null;
  private readonly root = new Branch({ path: '/', name: '', kind: 'object' }, null, 0);

  constructor(
    private readonly client: Client,
    /** Whether this user may write what asks for the role; the server has the last word. */
    private readonly mayWrite: (role: string) => boolean,
  ) {}

  cancel(): void {
    this.running?.abort();
    this.running = null;
    this.progress = null;
    this.error = '';
    this.rows = [];
  }

  async find(text: string, revision: number): Promise<void> {
    this.running?.abort();
    const run = (this.running = new AbortController());
    this.error = '';
    try {
      if (text.includes('*')) await this.findPattern(text, run.signal);
      else await this.findPart(text.toLowerCase(), revision, run.signal);
      this.progress = null;
    } catch (error) {
      if (run.signal.aborted) return;
      this.progress = null;
      this.error = (error as Error).message;
    }
  }

  private async findPattern(pattern: string, signal: AbortSignal): Promise<void> {
    const found: Tag[] = [];
    for await (const tags of this.pages(pattern.startsWith('/') ? pattern : `/${pattern}`, signal)) {
      found.push(...tags);
      this.show(found);
    }
    this.show(found);
  }

  private async findPart(part: string, revision: number, signal: AbortSignal): Promise<void> {
    if (this.index?.revision !== revision) {
      const tags: { lower: string; tag: Tag }[] = [];
      for await (const page of this.pages('/**', signal)) {
        for (const tag of page) tags.push({ lower: tag.path.toLowerCase(), tag });
        this.progress = tags.length;
        this.show(matching(tags, part));
      }
      this.index = { revision, tags };
    }
    this.show(matching(this.index.tags, part));
  }

  private async *pages(path: string, signal: AbortSignal): AsyncGenerator<Tag[]> {
    let cursor: string | null | undefined = null;
    do {
      const query = new URLSearchParams({ path, limit: String(kPage) });
      if (cursor) query.set('cursor', cursor);
      const page: Page<Tag> = await this.client.call<Page<Tag>>(`api/tags?${query}`, { signal, timeoutMs: 30_000 });
      if (signal.aborted) throw new DOMException('aborted', 'AbortError');
      yield page.items;
      cursor = page.cursor;
    } while (cursor);
  }

  private show(tags: Tag[]): void {
    this.rows = tags.map((tag, index) => ({
      key: tag.path,
      branch: new Branch(this.asNode(tag), this.root, index),
      parent: this.root,
      index,
      level: 1,
      expanded: false,
      childCount: 0,
    }));
  }

  private asNode(tag: Tag): TreeNode {
    const { id, path, type, unit, states, range, confirm, description } = tag;
    const writable = !!tag.write && this.mayWrite(tag.write);
    const shown = { id, type, writable, confirm: confirm ?? false, unit: unit ?? null, states: states ?? null, range: range ?? null };
    return { path, name: path, kind: 'tag', type, description: description ?? null, tag: shown };
  }
}

/** Every word must be in the path, in any order: "pump current". */
export function matching(tags: { lower: string; tag: Tag }[], text: string): Tag[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return tags.filter(({ lower }) => words.every((word) => lower.includes(word))).map(({ tag }) => tag);
}
