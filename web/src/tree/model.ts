import type { TreeNode } from '../api/types';

/** A node of the tree as far as it was loaded. `children` is null until the object was opened once. */
export class Branch {
  children: (Branch | undefined)[] | null = null;
  expanded = false;
  /** Pages of children that were asked for. */
  readonly asked = new Set<number>();

  constructor(
    public info: TreeNode,
    readonly parent: Branch | null,
    readonly index: number,
  ) {}

  get level(): number {
    return this.parent ? this.parent.level + 1 : 0;
  }

  get childCount(): number {
    return this.children?.length ?? this.info.child_count ?? this.info.children?.length ?? 0;
  }

  get isObject(): boolean {
    return this.info.kind === 'object';
  }
}

/** One line on the screen; `branch` is null while its page is being loaded. */
export interface Row {
  key: string;
  branch: Branch | null;
  parent: Branch;
  index: number;
  level: number;
  /** As drawn: a Branch changes in place, its rows are made anew. */
  expanded: boolean;
  childCount: number;
}

export const kPageSize = 500;

/** The lines of everything that is open below `root`, which has no line itself. */
export function flatten(root: Branch): Row[] {
  const rows: Row[] = [];
  addRows(root, 1, rows);
  return rows;
}

function addRows(parent: Branch, level: number, rows: Row[]): void {
  const children = parent.children ?? [];
  for (let index = 0; index < children.length; index++) {
    const branch = children[index] ?? null;
    const key = branch ? branch.info.path : `${parent.info.path}#${index}`;
    rows.push({ key, branch, parent, index, level, expanded: branch?.expanded ?? false, childCount: branch?.childCount ?? 0 });
    if (branch?.expanded) addRows(branch, level + 1, rows);
  }
}

/** Puts one page of children where it belongs; what was open stays open. */
export function placeChildren(parent: Branch, offset: number, answer: TreeNode): void {
  const page = answer.children ?? [];
  const count = Math.max(answer.child_count ?? 0, offset + page.length);
  const children = parent.children ?? [];
  children.length = count;
  page.forEach((info, at) => {
    const known = children[offset + at];
    if (known && known.info.path === info.path) known.info = info;
    else children[offset + at] = new Branch(info, parent, offset + at);
  });
  parent.children = children;
}

/** Which pages of `parent` hold rows first..last of the screen and are not there yet. */
export function missingPages(rows: Row[], first: number, last: number): { parent: Branch; page: number }[] {
  const missing: { parent: Branch; page: number }[] = [];
  for (let at = first; at <= last && at < rows.length; at++) {
    const row = rows[at]!;
    if (row.branch) continue;
    const page = Math.floor(row.index / kPageSize);
    if (row.parent.asked.has(page)) continue;
    if (!missing.some((m) => m.parent === row.parent && m.page === page)) missing.push({ parent: row.parent, page });
  }
  return missing;
}

/** "/Plant", "/Plant/PumpHouse" of "/Plant/PumpHouse/Pressure": what must be open to see it. */
export function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
}

/** First and last row on the screen, with a few more on both sides so that scrolling shows no gaps. */
export function visibleRange(scrollTop: number, height: number, rowHeight: number, count: number, spare = 6): [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const last = Math.min(count - 1, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return [first, last];
}
