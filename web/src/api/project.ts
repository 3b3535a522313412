import { ApiError, type Client } from './client';
import type { Body, Json } from './types';

export type Kind = 'type' | 'connector' | 'object' | 'tag';

/** Changes that become one revision together, or none at all: POST /api/project/edit. */
export interface Edit {
  revision?: number;
  summary?: string;
  set?: { types?: Bodies; connectors?: Bodies; objects?: Bodies; tags?: Bodies };
  remove?: { types?: string[]; connectors?: string[]; objects?: string[]; tags?: string[] };
  rename?: { objects?: Record<string, string>; tags?: Record<string, string> };
}

export type Bodies = Record<string, Body>;

export interface Change {
  what: 'added' | 'changed' | 'removed';
  kind: Kind;
  name: string;
  detail: string;
  before?: Json;
  after?: Json;
}

/** A fault of a file has a place, a fault of an edit the thing and the key. */
export interface Fault {
  message: string;
  file?: string;
  line?: number;
  column?: number;
  kind?: Kind;
  name?: string;
  key?: string;
}

export interface EditAnswer {
  revision: number;
  applied: boolean;
  changes: Change[];
  warnings: Fault[];
}

export interface Revision {
  number: number;
  time: string;
  user: string;
  source: string;
  summary: string;
  changes: number;
}

export interface RevisionDetail {
  number: number;
  at: string;
  who: string;
  source: string;
  summary: string;
  /** Of all its changes; the answer has the first of them. */
  count: number;
  changes: Change[];
}

/** The server has checked and found faults; nothing was applied. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly faults: Fault[],
  ) {
    super(message);
  }
}

/** The project has moved on since it was read. */
export class Outdated extends Error {}

const kTimeoutMs = 120_000;

/** Fails: Refused, Outdated, ApiError */
export function edit(client: Client, changes: Edit, dryRun: boolean): Promise<EditAnswer> {
  return asking(() =>
    client.call<EditAnswer>(`api/project/edit?dry_run=${dryRun}`, { method: 'POST', body: changes, timeoutMs: kTimeoutMs }),
  );
}

export interface ImportOptions {
  dryRun: boolean;
  prune: boolean;
}

/** Project files, YAML or CSV by their names, as one change. Fails: as edit */
export async function importFiles(client: Client, files: readonly File[], options: ImportOptions): Promise<EditAnswer> {
  const query = new URLSearchParams({ dry_run: String(options.dryRun), prune: String(options.prune) });
  const [only, ...more] = files;
  let sent: { body: unknown; contentType?: string };
  if (only && more.length === 0) {
    query.set('name', only.name);
    sent = { body: only, contentType: isTable(only.name) ? 'text/csv' : 'application/yaml' };
  } else {
    sent = { body: { files: await Promise.all(files.map(async (file) => ({ name: tableName(file.name), text: await textOf(file) }))) } };
  }
  return asking(() => client.call<EditAnswer>(`api/project/import?${query}`, { method: 'POST', ...sent, timeoutMs: kTimeoutMs }));
}

function isTable(name: string): boolean {
  return /\.(csv|tsv|txt)$/i.test(name);
}

/** Among several files the server tells tables by this ending. */
function tableName(name: string): string {
  return isTable(name) && !name.endsWith('.csv') ? `${name}.csv` : name;
}

/** Old spreadsheets write Windows-1251; inside of JSON everything is UTF-8. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1251').decode(bytes);
  }
}

/** Goes back to what the project was after a revision; this, too, is a new revision. Fails: as edit */
export function restore(client: Client, revision: number, dryRun: boolean): Promise<EditAnswer> {
  return asking(() =>
    client.call<EditAnswer>(`api/project/revisions/${revision}/restore?dry_run=${dryRun}`, { method: 'POST', timeoutMs: kTimeoutMs }),
  );
}

/** The thin forms of an edit. Fails: as edit */
export function put<T>(client: Client, path: string, body: unknown): Promise<T> {
  return asking(() => client.call<T>(path, { method: 'PUT', body, timeoutMs: kTimeoutMs }));
}

/** Fails: as edit */
export function post<T>(client: Client, path: string, body: unknown): Promise<T> {
  return asking(() => client.call<T>(path, { method: 'POST', body, timeoutMs: kTimeoutMs }));
}

async function asking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 409) throw new Outdated(error.message);
    const faults = (error.body as { errors?: Fault[] } | null)?.errors;
    if (error.status === 422 && faults) throw new Refused(error.message, faults);
    throw error;
  }
}
