/** What the server says over HTTP and /ws; the OpenAPI document describes each field. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface ValueItem {
  path: string;
  value: Json;
  quality: number;
  status: string;
  time: string | null;
  server_time: string | null;
  unit?: string | null;
}

export interface Range {
  low: number;
  high: number;
}

/** The server may send a range as [low, high] or as {low, high}. */
export type RangeJson = [number, number] | Range | null | undefined;
export type StatesJson = Record<string, string> | null | undefined;

export interface TreeTag {
  id: number;
  type: string;
  unit?: string | null;
  writable: boolean;
  confirm?: boolean;
  states?: StatesJson;
  range?: RangeJson;
}

export interface TreeNode {
  path: string;
  name: string;
  kind: 'object' | 'tag';
  type?: string | null;
  description?: string | null;
  children?: TreeNode[];
  child_count?: number;
  truncated?: boolean;
  tag?: TreeTag;
}

export interface TagSource {
  connector: string;
  device?: string;
  address?: string;
  dtype?: string | null;
  order?: string | null;
  period?: number | null;
  scale?: number | null;
  offset?: number | null;
  [key: string]: Json | undefined;
}

export interface Tag {
  id: number;
  path: string;
  type: string;
  unit?: string | null;
  description?: string | null;
  range?: RangeJson;
  states?: StatesJson;
  source?: TagSource | null;
  write?: string | null;
  writable?: boolean;
  confirm?: boolean;
  stale_after?: number | null;
  object_type?: string | null;
  overridden?: string[];
  revision?: number;
  current?: ValueItem;
  /** The tag's own body as in a project file; null when a type makes it. */
  definition?: Body | null;
  /** The object whose type makes the tag. */
  object?: string | null;
  from_type?: string | null;
  lock?: Lock | null;
}

/** The body of a thing of the project, key by key as in a project file. */
export type Body = { [key: string]: Json };

export interface Lock {
  id: number;
  path: string;
  who: string;
  reason: string;
  since: string | null;
  until: string | null;
}

export interface Page<T> {
  items: T[];
  cursor?: string | null;
}

export interface WriteResult {
  path: string;
  ok: boolean;
  status: string;
  detail?: string | null;
  value?: Json;
}

export type DeviceState = 'connected' | 'connecting' | 'unreachable' | 'idle';

export interface Device {
  name: string;
  address?: string;
  state: DeviceState;
  detail?: string | null;
  latency_ms?: { p50: number | null; p99: number | null } | null;
  polls?: number;
  errors?: number;
  overruns?: number;
  last_error?: string | null;
  last_error_time?: string | null;
  last_data?: string | null;
}

export type ConnectorState =
  | 'starting'
  | 'running'
  | 'stopped'
  | 'backoff'
  | 'failed'
  | 'configuration_error'
  | 'stopping';

export interface Connector {
  name: string;
  type: string;
  enabled: boolean;
  state: ConnectorState;
  detail?: string | null;
  pid?: number | null;
  restarts?: number;
  since?: string | null;
  tags?: number;
  devices?: Device[];
  samples?: number;
  dropped?: number;
  buffered?: number;
  acknowledged_lag?: number | null;
  /** Tags it cannot serve, and why. */
  faults?: string[];
  /** As it is declared; only from GET, and only for those who may change it. */
  definition?: Body | null;
}

export interface Part {
  name: string;
  state: 'good' | 'warning' | 'bad';
  detail: string;
}

export interface Status {
  instance: string;
  version: string;
  started: string;
  uptime: number;
  revision: number;
  ready: boolean;
  parts: Part[];
  engine: {
    tags: number;
    samples: number;
    changes: number;
    samples_per_s: number;
    bad: number;
    uncertain: number;
    stale: number;
  };
  connectors: { running: number; stopped: number; failed: number };
  websocket: { clients: number; subscriptions: number; coalesced: number };
  memory_bytes: number;
  table?: { name: string; slots: number };
}

export interface Right {
  right: string;
  subtree?: string;
}

export interface User {
  id: number;
  username: string;
  full_name?: string | null;
  email?: string | null;
  role: string;
  disabled?: boolean;
  subtree?: string;
  grants?: { role: string; subtree: string }[];
  created?: string;
  /** Of the one who asks: a key is a user to the server, too. */
  kind?: 'user' | 'key';
  rights?: Right[];
}

export interface Tokens {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
}
