import type { Client } from '../api/client';
import type { TreeNode } from '../api/types';
import { ancestors, Branch, flatten, kPageSize, missingPages, placeChildren, type Row } from './model';

const kMostRowsExpanded = 5000;
const kAtOnce = 6;

/** The plant's tree on the page: loads what is opened or scrolled to, and keeps what is open over reloads. */
export class PlantTree {
  rows = $state.raw<Row[]>([]);
  error = $state('');
  loaded = $state(false);
  private root: Branch = this.newRoot();
  private open = new Set<string>();

  constructor(private readonly client: Client) {}

  /** Loads the top and opens objects for as long as there is only one to open. */
  async load(): Promise<void> {
    const root = this.newRoot();
    try {
      await this.fetchPage(root, 0);
      if (this.open.size === 0) await this.openSingles(root);
      else await this.openKnown(root);
      this.root = root;
      this.error = '';
      this.draw();
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.loaded = true;
  }

  async expand(branch: Branch): Promise<void> {
    if (!branch.isObject) return;
    this.open.add(branch.info.path);
    if (!branch.children) await this.guarded(() => this.fetchPage(branch, 0));
    branch.expanded = branch.children !== null;
    this.draw();
  }

  collapse(branch: Branch): void {
    branch.expanded = false;
    this.open.delete(branch.info.path);
    this.draw();
  }

  /** Opens everything, level by level, until there are thousands of rows. False: some stayed closed. */
  async expandAll(): Promise<boolean> {
    for (;;) {
      const closed = this.rows.flatMap((row) => (row.branch?.isObject && !row.branch.expanded ? [row.branch] : []));
      const next = closed.filter((branch) => branch.childCount > 0 || !branch.children);
      if (next.length === 0) return true;
      let room = kMostRowsExpanded - this.rows.length;
      const fitting = next.filter((branch) => (room -= branch.childCount) >= 0);
      if (fitting.length === 0) return false;
      await this.openMany(fitting);
      this.draw();
      if (this.error) return true;
    }
  }

  collapseAll(): void {
    for (const row of this.rows) if (row.branch) row.branch.expanded = false;
    this.open.clear();
    this.draw();
  }

  /** Loads pages of children that the screen shows and that are not there yet. */
  fill(first: number, last: number): void {
    for (const { parent, page } of missingPages(this.rows, first, last)) {
      void this.guarded(() => this.fetchPage(parent, page)).then(() => this.draw());
    }
  }

  /** Opens what leads to a path. Answers its row; -1 when it is not there (or on a page not loaded). */
  async reveal(path: string): Promise<number> {
    for (const above of ancestors(path)) {
      const branch = this.rows.find((row) => row.branch?.info.path === above)?.branch;
      if (!branch) return -1;
      if (!branch.expanded) await this.expand(branch);
    }
    return this.rows.findIndex((row) => row.branch?.info.path === path);
  }

  private newRoot(): Branch {
    return new Branch({ path: '/', name: '', kind: 'object' }, null, 0);
  }

  private draw(): void {
    this.rows = flatten(this.root);
  }

  private async openSingles(root: Branch): Promise<void> {
    for (let at = root; ; ) {
      const objects = (at.children ?? []).filter((child) => child?.isObject);
      if (objects.length !== 1) return;
      at = objects[0]!;
      await this.openMany([at]);
    }
  }

  private async openKnown(parent: Branch): Promise<void> {
    const open = (parent.children ?? []).filter((child) => child && this.open.has(child.info.path)) as Branch[];
    await this.openMany(open);
    for (const child of open) await this.openKnown(child);
  }

  private async openMany(branches: Branch[]): Promise<void> {
    for (let at = 0; at < branches.length; at += kAtOnce) {
      await Promise.all(
        branches.slice(at, at + kAtOnce).map(async (branch) => {
          if (!branch.children) await this.guarded(() => this.fetchPage(branch, 0));
          branch.expanded = branch.children !== null;
          if (branch.expanded) this.open.add(branch.info.path);
        }),
      );
    }
  }

  private async fetchPage(parent: Branch, page: number): Promise<void> {
    parent.asked.add(page);
    const offset = page * kPageSize;
    const query = new URLSearchParams({ path: parent.info.path, depth: '1', limit: String(kPageSize), offset: String(offset) });
    try {
      placeChildren(parent, offset, await this.client.call<TreeNode>(`api/tree?${query}`));
    } catch (error) {
      parent.asked.delete(page);
      throw error;
    }
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.error = '';
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
