import { texts } from '../messages';
import type { Session } from './session';
import type { Tokens } from './types';

/** An answer that is not a good one, as a sentence for a person. `status` 0: nobody answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter: number | null = null,
    /** The whole answer, for those that say more than a sentence. */
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

export interface RequestOptions {
  method?: string;
  /** Sent as it is; anything but a string or a file is made JSON first. */
  body?: unknown;
  /** What `body` is; application/json unless said. */
  contentType?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

const kTimeoutMs = 15_000;

/** JSON over HTTP below the base path; renews the session once when the server says 401. */
export class Client {
  session: Session | null = null;

  constructor(readonly base: URL) {}

  url(path: string): URL {
    return new URL(path.replace(/^\//, ''), this.base);
  }

  /** The address of /ws: ws: or wss: as the page itself. */
  socketUrl(): string {
    const url = this.url('ws');
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  }

  /** A route that needs no token. Fails: ApiError */
  async open<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return read<T>(await this.send(path, options, null));
  }

  /** A route that needs one. Fails: ApiError */
  async call<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const token = (await this.session?.validToken()) ?? null;
    const answer = await this.send(path, options, token);
    if (answer.status !== 401 || !this.session) return read<T>(answer);
    if ((await this.session.refresh(token)) !== 'ok') throw await failure(answer);
    return read<T>(await this.send(path, options, this.session.accessToken));
  }

  /** As call, for what is no JSON: a file to save or to read. Fails: ApiError */
  async download(path: string, options: RequestOptions = {}): Promise<Blob> {
    const token = (await this.session?.validToken()) ?? null;
    const answer = await this.send(path, { ...options, accept: '*/*' }, token);
    if (!answer.ok) throw await failure(answer);
    return answer.blob();
  }

  /** For Session: the answer of POST /login/refresh. */
  async renew(refreshToken: string): Promise<Tokens | 'refused' | 'unreachable'> {
    try {
      return await this.open<Tokens>('login/refresh', { method: 'POST', body: { refresh_token: refreshToken } });
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      return status === 400 || status === 401 || status === 403 || status === 422 ? 'refused' : 'unreachable';
    }
  }

  private async send(path: string, options: RequestOptions & { accept?: string }, token: string | null): Promise<Response> {
    const headers: Record<string, string> = { Accept: options.accept ?? 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (options.body !== undefined) headers['Content-Type'] = options.contentType ?? 'application/json';
    const sentAsIs = typeof options.body === 'string' || options.body instanceof Blob;
    const body = sentAsIs ? (options.body as string | Blob) : JSON.stringify(options.body);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.timeoutMs ?? kTimeoutMs);
    const cancel = () => limit.abort();
    options.signal?.addEventListener('abort', cancel);
    try {
      return await fetch(this.url(path), {
        method: options.method ?? 'GET',
        headers,
        body: options.body === undefined ? null : body,
        cache: 'no-store',
        credentials: 'omit',
        signal: limit.signal,
      });
    } catch {
      if (options.signal?.aborted) throw new DOMException('aborted', 'AbortError');
      throw new ApiError(0, limit.signal.aborted ? texts.error.timeout : texts.error.network);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
    }
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw await failure(answer);
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch {
    throw new ApiError(answer.status, texts.error.content);
  }
}

async function failure(answer: Response): Promise<ApiError> {
  const retryAfter = Number(answer.headers.get('Retry-After')) || null;
  let body: unknown = null;
  try {
    body = await answer.json();
  } catch {
    // An answer of something else on the way, a proxy perhaps: the code has to do.
  }
  const detail = (body as { detail?: unknown } | null)?.detail;
  const fallback = answer.status === 403 ? texts.error.forbidden : texts.error.http(answer.status);
  return new ApiError(answer.status, typeof detail === 'string' && detail !== '' ? detail : fallback, retryAfter, body);
}
