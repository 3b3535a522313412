import type { Frame } from './connectors';
import type { Json, Lock } from './types';

/** Everything the server knows about how a value came to be: GET /api/tags/{id}/why. */
export interface Why {
  path: string;
  value: Json;
  quality: number;
  status: string;
  explanation: string[];
  source: { connector: string; device?: string; address?: string; dtype?: string | null; order?: string | null } | null;
  raw?: Json;
  scaling?: string | null;
  registers?: string | null;
  /** The last request that read it, and its answer. Null when neither is in the trace, or not for this user. */
  frame?: { request: Frame; answer: Frame | null } | null;
  last_read?: string | null;
  last_write?: { who: string; at: string | null; value: Json; outcome: string } | null;
  lock?: Lock | null;
  stale_after?: number | null;
}

/** The request and its answer, as far as there are any. */
export function framesOf(why: Why): Frame[] {
  if (!why.frame) return [];
  return why.frame.answer ? [why.frame.request, why.frame.answer] : [why.frame.request];
}
