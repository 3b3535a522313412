import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kFirstDelayMs, kLargestDelayMs, kOpenTimeoutMs, kPingMs, kSilenceMs, LiveSocket, type SocketLike } from './socket';

class Line implements SocketLike {
  sent: { op: string; id?: number; paths?: string[]; token?: string }[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly protocols: string[]) {}
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  ops(op: string) {
    return this.sent.filter((m) => m.op === op);
  }
}

describe('LiveSocket', () => {
  let lines: Line[];
  let token: string | null;
  let doubts: number;
  let socket: LiveSocket;
  const last = () => lines[lines.length - 1]!;
  const settle = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    lines = [];
    token = 't1';
    doubts = 0;
    socket = new LiveSocket({
      open: (protocols) => (lines.push(new Line(protocols)), last()),
      token: async () => token,
      renewedToken: async () => 'renewed',
      doubtToken: async () => void doubts++,
      now: Date.now,
      random: () => 1,
      onState: () => {},
    });
  });
  afterEach(() => {
    socket.stop();
    vi.useRealTimers();
  });

  async function opened() {
    socket.start();
    await settle();
    last().onopen!();
  }

  it('offers the token as a subprotocol beside tagwerk', async () => {
    await opened();
    expect(last().protocols).toEqual(['tagwerk', 'bearer.t1']);
    expect(socket.state.phase).toBe('open');
  });

  it('says since when the connection is lost, and keeps that over failed attempts', async () => {
    await opened();
    await vi.advanceTimersByTimeAsync(500);
    last().onclose!({ code: 1006 });
    expect(socket.state).toMatchObject({ phase: 'waiting', lostSince: 1_000_500 });
    await vi.advanceTimersByTimeAsync(kFirstDelayMs);
    last().onclose!({ code: 1006 });
    expect(socket.state.lostSince).toBe(1_000_500);
    await vi.advanceTimersByTimeAsync(kLargestDelayMs);
    last().onopen!();
    expect(socket.state).toEqual({ phase: 'open', lostSince: null, retryAt: null });
  });

  it('waits twice as long after each failure, but never longer than the limit', async () => {
    socket.start();
    const delays: number[] = [];
    for (let round = 0; round < 8; round++) {
      await settle();
      last().onclose!({ code: 1006 });
      delays.push(socket.state.retryAt! - Date.now());
      await vi.advanceTimersByTimeAsync(delays.at(-1)!);
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it('subscribes again after a reconnection, with the same ids and only to what is still wanted', async () => {
    await opened();
    const gone = socket.subscribe({ op: 'subscribe', paths: ['/A'] }, () => {});
    const kept = socket.subscribe({ op: 'subscribe', paths: ['/B'] }, () => {});
    socket.unsubscribe(gone);
    expect(last().ops('unsubscribe')).toEqual([{ op: 'unsubscribe', id: gone }]);
    last().onclose!({ code: 1006 });
    await vi.advanceTimersByTimeAsync(kFirstDelayMs);
    last().onopen!();
    expect(lines).toHaveLength(2);
    expect(last().ops('subscribe')).toEqual([{ op: 'subscribe', paths: ['/B'], id: kept }]);
  });

  it('sends what was subscribed before the connection was open', async () => {
    socket.subscribe({ op: 'subscribe', paths: ['/A'] }, () => {});
    await opened();
    expect(last().ops('subscribe')).toHaveLength(1);
  });

  it('hands a message to its subscription and ignores those nobody waits for', async () => {
    await opened();
    const seen: string[] = [];
    const id = socket.subscribe({ op: 'subscribe', paths: ['/A'] }, (message) => seen.push(message.op));
    last().say({ op: 'snapshot', id });
    last().say({ op: 'changes', id: 99 });
    last().onmessage!({ data: 'no JSON' });
    last().onmessage!({ data: '[1]' });
    last().onmessage!({ data: new ArrayBuffer(2) });
    expect(seen).toEqual(['snapshot']);
  });

  it('takes silence for a lost connection though nobody closed it', async () => {
    await opened();
    await vi.advanceTimersByTimeAsync(kSilenceMs + kPingMs);
    expect(lines[0]!.closed).toBe(true);
    expect(socket.state.phase).not.toBe('open');
  });

  it('stays connected while the server answers pings', async () => {
    await opened();
    for (let round = 0; round < 20; round++) {
      last().say({ op: 'pong', time: new Date().toISOString() });
      await vi.advanceTimersByTimeAsync(kPingMs);
    }
    expect(lines).toHaveLength(1);
    expect(socket.state.phase).toBe('open');
  });

  it('gives up an attempt that neither opens nor fails', async () => {
    socket.start();
    await settle();
    await vi.advanceTimersByTimeAsync(kOpenTimeoutMs);
    expect(lines[0]!.closed).toBe(true);
    expect(socket.state.phase).toBe('waiting');
  });

  it('ignores what a connection says that it has given up', async () => {
    await opened();
    const old = last();
    old.onclose!({ code: 1006 });
    await vi.advanceTimersByTimeAsync(kFirstDelayMs);
    last().onopen!();
    old.onclose!({ code: 1006 });
    expect(socket.state.phase).toBe('open');
  });

  it('doubts the token when the server does not take the connection, not when an open one breaks', async () => {
    await opened();
    last().onclose!({ code: 1006 });
    await vi.advanceTimersByTimeAsync(kFirstDelayMs);
    expect(doubts).toBe(0);
    last().onclose!({ code: 1006 });
    await settle();
    expect(doubts).toBe(1);
  });

  it('comes back at once with a new token when the old one ran out', async () => {
    await opened();
    token = 't2';
    last().onclose!({ code: 4401 });
    await vi.advanceTimersByTimeAsync(0);
    expect(doubts).toBe(1);
    expect(last().protocols).toEqual(['tagwerk', 'bearer.t2']);
  });

  it('sends a renewed token when the server says that the old one is about to expire', async () => {
    await opened();
    last().say({ op: 'token_expiring', seconds: 60 });
    await settle();
    expect(last().ops('token')).toEqual([{ op: 'token', token: 'renewed' }]);
  });

  it('tries at once when asked to, and the old timer does not try again', async () => {
    await opened();
    last().onclose!({ code: 1006 });
    socket.retryNow();
    await settle();
    expect(lines).toHaveLength(2);
    last().onopen!();
    await vi.advanceTimersByTimeAsync(kLargestDelayMs);
    expect(lines).toHaveLength(2);
  });

  it('stops for good when it is stopped while a token is being fetched', async () => {
    socket.start();
    socket.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toHaveLength(0);
    expect(socket.state.phase).toBe('idle');
  });

  it('tries nothing without a token', async () => {
    token = null;
    socket.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toHaveLength(0);
    expect(socket.state.phase).toBe('idle');
  });

  it('measures the difference to the server’s clock', async () => {
    await opened();
    await vi.advanceTimersByTimeAsync(100);
    last().say({ op: 'pong', time: new Date(Date.now() + 5_000).toISOString() });
    expect(socket.clockOffset).toBe(5_050);
  });
});
