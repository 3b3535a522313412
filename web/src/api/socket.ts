/**
 * The connection to /ws: opens it, notices at once when it is gone, opens it again and subscribes again.
 * Knows nothing of the page: the WebSocket, the tokens and the clock are given to it, so tests can step it.
 */

export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
}

export type Message = { op: string; id?: number | null } & Record<string, unknown>;

export interface SocketHooks {
  open(protocols: string[]): SocketLike;
  /** A fresh access token; null when there is none (then nothing is tried until restart). */
  token(): Promise<string | null>;
  /** One that is newer than what the open connection has. */
  renewedToken(): Promise<string | null>;
  /** The server did not take the connection: is it the token? Renews or ends the session. */
  doubtToken(): Promise<void>;
  now(): number;
  random(): number;
  onState(state: SocketState): void;
}

/**
 * idle -> connecting -> open -> waiting -> connecting …; stop() leads back to idle from everywhere.
 * lostSince: when the last open connection ended (null while open, and before the first one).
 */
export interface SocketState {
  phase: 'idle' | 'connecting' | 'open' | 'waiting';
  lostSince: number | null;
  retryAt: number | null;
}

interface Subscription {
  request: Message;
  onMessage: (message: Message) => void;
}

export const kFirstDelayMs = 250;
export const kLargestDelayMs = 5_000;
export const kPingMs = 3_000;
/** Silence after which the connection is taken for dead, though nobody closed it. */
export const kSilenceMs = 8_000;
export const kOpenTimeoutMs = 8_000;
const kTokenExpired = 4401;

export class LiveSocket {
  state: SocketState = { phase: 'idle', lostSince: null, retryAt: null };
  /** Server's clock minus ours, ms; from the answers to our pings. */
  clockOffset = 0;

  private socket: SocketLike | null = null;
  private readonly subscriptions = new Map<number, Subscription>();
  private nextId = 1;
  private failures = 0;
  private attempt = 0;
  private heardAt = 0;
  private pingSentAt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private openTimer: ReturnType<typeof setTimeout> | null = null;
  private pingTimer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly hooks: SocketHooks) {}

  start(): void {
    if (this.state.phase === 'idle') void this.connect();
  }

  stop(): void {
    this.attempt++;
    this.dropSocket();
    this.clearRetry();
    this.failures = 0;
    this.subscriptions.clear();
    this.setState({ phase: 'idle', lostSince: null, retryAt: null });
  }

  /** Somebody pressed "try now", or the network came back: no more waiting. */
  retryNow(): void {
    if (this.state.phase === 'waiting') void this.connect();
  }

  /** The machine woke up or the page is seen again: is the connection still there? */
  check(): void {
    if (this.state.phase === 'waiting') return this.retryNow();
    if (this.state.phase !== 'open') return;
    if (this.hooks.now() - this.heardAt > kSilenceMs) this.lose();
    else this.ping();
  }

  /** Kept over reconnections until unsubscribe(). */
  subscribe(request: Message, onMessage: (message: Message) => void): number {
    const id = this.nextId++;
    this.subscriptions.set(id, { request: { ...request, id }, onMessage });
    this.send({ ...request, id });
    return id;
  }

  unsubscribe(id: number): void {
    if (this.subscriptions.delete(id)) this.send({ op: 'unsubscribe', id });
  }

  private send(message: Message): void {
    if (this.state.phase === 'open') this.socket?.send(JSON.stringify(message));
  }

  private async connect(): Promise<void> {
    const attempt = ++this.attempt;
    this.clearRetry();
    this.setState({ ...this.state, phase: 'connecting', retryAt: null });
    const token = await this.hooks.token();
    if (attempt !== this.attempt) return;
    if (token === null) return this.setState({ ...this.state, phase: 'idle' });
    const socket = this.hooks.open(['tagwerk', `bearer.${token}`]);
    this.socket = socket;
    socket.onopen = () => socket === this.socket && this.opened();
    socket.onclose = (event) => socket === this.socket && this.closed(event.code);
    socket.onmessage = (event) => socket === this.socket && this.received(event.data);
    this.openTimer = setTimeout(() => this.lose(), kOpenTimeoutMs);
  }

  private opened(): void {
    this.clearOpenTimer();
    this.failures = 0;
    this.heardAt = this.hooks.now();
    this.setState({ phase: 'open', lostSince: null, retryAt: null });
    for (const { request } of this.subscriptions.values()) this.send(request);
    this.ping();
    this.pingTimer = setInterval(() => this.watch(), kPingMs);
  }

  private watch(): void {
    if (this.hooks.now() - this.heardAt > kSilenceMs) this.lose();
    else this.ping();
  }

  private ping(): void {
    this.pingSentAt = this.hooks.now();
    this.send({ op: 'ping' });
  }

  private lose(): void {
    this.closed(1006);
  }

  private closed(code: number): void {
    const wasOpen = this.state.phase === 'open';
    this.dropSocket();
    const attempt = ++this.attempt;
    const lostSince = wasOpen ? this.hooks.now() : this.state.lostSince;
    const refused = !wasOpen || code === kTokenExpired;
    const delay = code === kTokenExpired ? 0 : this.delay();
    this.failures++;
    this.setState({ phase: 'waiting', lostSince, retryAt: this.hooks.now() + delay });
    const retry = () => {
      if (attempt === this.attempt) this.retryTimer = setTimeout(() => void this.connect(), delay);
    };
    if (refused) void this.hooks.doubtToken().then(retry, retry);
    else retry();
  }

  /** Doubles with each failure, and half of it at random so that not all pages come back at once. */
  private delay(): number {
    const full = Math.min(kLargestDelayMs, kFirstDelayMs * 2 ** this.failures);
    return Math.round(full / 2 + (full / 2) * this.hooks.random());
  }

  private received(data: unknown): void {
    this.heardAt = this.hooks.now();
    const message = parse(data);
    if (!message) return;
    if (message.op === 'pong') return this.measureClock(message.time);
    if (message.op === 'token_expiring') return void this.renewToken();
    if (typeof message.id === 'number') this.subscriptions.get(message.id)?.onMessage(message);
  }

  private measureClock(time: unknown): void {
    const server = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (Number.isNaN(server)) return;
    this.clockOffset = server - (this.pingSentAt + this.hooks.now()) / 2;
  }

  private async renewToken(): Promise<void> {
    const socket = this.socket;
    const token = await this.hooks.renewedToken();
    if (token !== null && socket === this.socket) this.send({ op: 'token', token });
  }

  private dropSocket(): void {
    this.clearOpenTimer();
    if (this.pingTimer !== null) clearInterval(this.pingTimer);
    this.pingTimer = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private clearOpenTimer(): void {
    if (this.openTimer !== null) clearTimeout(this.openTimer);
    this.openTimer = null;
  }

  private clearRetry(): void {
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  private setState(state: SocketState): void {
    this.state = state;
    this.hooks.onState(state);
  }
}

function parse(data: unknown): Message | null {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data) as Message;
    return typeof message === 'object' && message !== null && typeof message.op === 'string' ? message : null;
  } catch {
    return null;
  }
}
