import type { Client } from './client';
import type { Body, Connector, Json, Page } from './types';

export interface LogLine {
  time: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  text: string;
}

/** One frame on the wire between a connector and a device. */
export interface Frame {
  number: number;
  time: string;
  device?: string;
  direction: 'sent' | 'received';
  /** Hexadecimal. */
  bytes: string;
  text: string;
  /** Seconds from the request to this answer. */
  delay: number | null;
}

export interface Register {
  address: string;
  /** Null for coils and inputs. */
  hex: string | null;
  value: Json;
}

/** The registers read as one type in one order; several values when they hold several. */
export interface Reading {
  dtype: string;
  order: string | null;
  values: Json[];
}

export interface TestRead {
  ok: boolean;
  detail: string;
  delay: number | null;
  registers: Register[];
  readings: Reading[];
}

export interface TestRequest {
  device?: string;
  address: string;
  count: number;
  unit?: number;
  /** Of a connector that is not saved yet. */
  settings?: Body;
}


const kReadTimeoutMs = 70_000;

export const connectorPath = (name: string) => `api/connectors/${encodeURIComponent(name)}`;

/** Fails: ApiError */
export function testRead(client: Client, name: string, request: TestRequest): Promise<TestRead> {
  return client.call<TestRead>(`${connectorPath(name)}/test`, { method: 'POST', body: request, timeoutMs: kReadTimeoutMs });
}

/** Fails: ApiError */
export async function allConnectors(client: Client): Promise<Connector[]> {
  return (await client.call<Page<Connector>>('api/connectors?limit=10000')).items;
}

/**
 * The devices of a connector: those that its definition names; without any it has one called "default". Empty when
 * nothing is known, because the definition is not for everybody.
 */
export function devicesOf(connector: Pick<Connector, 'definition' | 'devices'>): string[] {
  if (!connector.definition) return (connector.devices ?? []).map((device) => device.name);
  const { devices } = connector.definition;
  if (devices === null || typeof devices !== 'object' || Array.isArray(devices)) return ['default'];
  return Object.keys(devices);
}
