import type { Client } from './client';
import type { Body, Json, Page } from './types';

export interface LogLine {
  time: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  text: string;
}

/** One frame on the wire between a connector and a device. */
export interface Frame {
  number: number;
  time: string;
  device: string;
  direction: 'sent' | 'received';
  /** Hexadecimal. */
  bytes: string;
  text: string;
  /** Seconds from the request to this answer. */
  delay: number | null;
}

export interface Register {
  address: string;
  hex: string;
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

/** A connector as it is declared. */
export interface ConnectorDefinition {
  name: string;
  definition?: Body | null;
}

const kReadTimeoutMs = 70_000;

export const connectorPath = (name: string) => `api/connectors/${encodeURIComponent(name)}`;

/** Fails: ApiError */
export function testRead(client: Client, name: string, request: TestRequest): Promise<TestRead> {
  return client.call<TestRead>(`${connectorPath(name)}/test`, { method: 'POST', body: request, timeoutMs: kReadTimeoutMs });
}

/** Fails: ApiError */
export async function definitions(client: Client): Promise<Map<string, Body>> {
  const page = await client.call<Page<ConnectorDefinition>>('api/connectors');
  return new Map(page.items.map((each) => [each.name, each.definition ?? {}]));
}

/** The devices that a connector's definition names; without any it has one called "default". */
export function devicesOf(definition: Body): string[] {
  const devices = definition.devices;
  if (devices === null || typeof devices !== 'object' || Array.isArray(devices)) return ['default'];
  return Object.keys(devices);
}
