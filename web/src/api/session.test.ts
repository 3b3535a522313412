import { beforeEach, describe, expect, it } from 'vitest';
import { Session, type Stored, type TokenStore } from './session';
import type { Tokens } from './types';

const tokens = (n: number, expires_in = 900): Tokens => ({
  access_token: `a${n}`, token_type: 'bearer', expires_in, refresh_token: `r${n}`,
});

describe('Session', () => {
  let kept: Stored | null;
  let now: number;
  let asked: string[];
  let answer: Tokens | 'refused' | 'unreachable';
  let ended: number;
  let session: Session;
  const store: TokenStore = { load: () => kept, save: (value) => (kept = value) };

  beforeEach(() => {
    kept = null;
    now = 0;
    asked = [];
    answer = tokens(2);
    ended = 0;
    session = new Session(store, (work) => work(), async (token) => (asked.push(token), answer), () => now);
    session.onEnded = () => ended++;
    session.accept(tokens(1));
  });

  it('uses a token as long as it holds', async () => {
    now = 800_000;
    expect(await session.validToken()).toBe('a1');
    expect(asked).toEqual([]);
  });

  it('renews a token before it runs out', async () => {
    now = 820_000;
    expect(await session.validToken()).toBe('a2');
    expect(kept).toMatchObject({ refresh_token: 'r2', expires_at: 1_720_000 });
  });

  it('does not renew a short-lived token all the time', async () => {
    session.accept(tokens(1, 60));
    now = 30_000;
    expect(await session.validToken()).toBe('a1');
  });

  it('renews once for all who ask at the same moment, as a refresh token works once', async () => {
    now = 890_000;
    expect(await Promise.all([session.validToken(), session.validToken(), session.refresh('a1')])).toEqual(['a2', 'a2', 'ok']);
    expect(asked).toEqual(['r1']);
  });

  it('takes the token that another window has fetched in the meantime', async () => {
    session.accept(tokens(7));
    expect(await session.refresh('a1')).toBe('ok');
    expect(asked).toEqual([]);
    expect(session.accessToken).toBe('a7');
  });

  it('is not ended by a refusal when another window was faster', async () => {
    const racing = new Session(store, (work) => work(), async () => (session.accept(tokens(8)), 'refused'), () => now);
    racing.onEnded = () => ended++;
    expect(await racing.refresh('a1')).toBe('ok');
    expect([ended, racing.accessToken]).toEqual([0, 'a8']);
  });

  it('ends when the server refuses, and only then', async () => {
    answer = 'unreachable';
    expect(await session.refresh('a1')).toBe('unreachable');
    expect([ended, session.signedIn]).toEqual([0, true]);
    answer = 'refused';
    expect(await session.refresh('a1')).toBe('refused');
    expect([ended, session.signedIn]).toEqual([1, false]);
  });
});
