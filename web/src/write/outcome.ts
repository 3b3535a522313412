import { ApiError } from '../api/client';
import type { Json, WriteResult } from '../api/types';
import { splitWords } from '../format/quality';
import { texts } from '../messages';

/**
 * How a write ended. 'unknown': the command may or may not have reached the device, and nobody may be told otherwise.
 */
export type Outcome =
  | { kind: 'done'; value: Json | undefined; ms: number }
  | { kind: 'refused'; status: string; detail: string }
  | { kind: 'unknown'; status: string; detail: string };

export function outcomeOf(result: WriteResult | undefined, ms: number): Outcome {
  if (!result) return { kind: 'unknown', status: '', detail: texts.error.content };
  if (result.ok) return { kind: 'done', value: result.value, ms };
  const detail = result.detail || (texts.write.status as Record<string, string>)[result.status] || splitWords(result.status);
  return { kind: result.status === 'BadTimeout' ? 'unknown' : 'refused', status: result.status, detail };
}

/** The server said no before it tried, or nobody knows how far the request came. */
export function outcomeOfError(error: unknown): Outcome {
  if (!(error instanceof ApiError)) return { kind: 'unknown', status: '', detail: String(error) };
  const said = error.status >= 400 && error.status < 500 ? 'refused' : 'unknown';
  return { kind: said, status: '', detail: error.message };
}
