import type { Tokens } from './types';

/** What is kept between visits; one entry per server and base path. */
export interface Stored extends Tokens {
  /** Local clock, ms; when the access token is worth nothing any more. */
  expires_at: number;
}

export interface TokenStore {
  load(): Stored | null;
  save(tokens: Stored | null): void;
}

/** One holder at a time over all windows of this browser, as refresh tokens work only once. */
export type Lock = <T>(work: () => Promise<T>) => Promise<T>;

/** 'refused': the server says no, sign in again. 'unreachable': nobody answered, keep what there is. */
export type RefreshOutcome = 'ok' | 'refused' | 'unreachable';

/** Tokens are renewed when less than this is left, or than a third of their life. */
const kMarginMs = 90_000;

/**
 * Holds the tokens and renews them: ahead of time, once for all who ask at the same moment, and agreed with the
 * other windows of the browser.
 */
export class Session {
  /** Called when the server refused the refresh token or another window signed out. */
  onEnded: () => void = () => {};
  private renewing: Promise<RefreshOutcome> | null = null;

  constructor(
    private readonly store: TokenStore,
    private readonly lock: Lock,
    private readonly requestRefresh: (refreshToken: string) => Promise<Tokens | 'refused' | 'unreachable'>,
    private readonly now: () => number = Date.now,
  ) {}

  get signedIn(): boolean {
    return this.store.load() !== null;
  }

  get accessToken(): string | null {
    return this.store.load()?.access_token ?? null;
  }

  get refreshToken(): string | null {
    return this.store.load()?.refresh_token ?? null;
  }

  accept(tokens: Tokens): void {
    this.store.save({ ...tokens, expires_at: this.now() + tokens.expires_in * 1000 });
  }

  forget(): void {
    this.store.save(null);
  }

  end(): void {
    this.forget();
    this.onEnded();
  }

  /** A token that holds for a while; null when there is none to be had now. */
  async validToken(): Promise<string | null> {
    const stored = this.store.load();
    if (!stored) return null;
    const margin = Math.min(kMarginMs, (stored.expires_in * 1000) / 3);
    if (stored.expires_at - this.now() < margin) await this.refresh(stored.access_token);
    return this.accessToken;
  }

  /** Renews unless somebody else already replaced `usedToken`. */
  refresh(usedToken: string | null): Promise<RefreshOutcome> {
    this.renewing ??= this.lock(() => this.renew(usedToken)).finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async renew(usedToken: string | null): Promise<RefreshOutcome> {
    const stored = this.store.load();
    if (!stored) return 'refused';
    if (stored.access_token !== usedToken && stored.expires_at > this.now()) return 'ok';
    const answer = await this.requestRefresh(stored.refresh_token);
    if (answer === 'unreachable') return answer;
    if (answer !== 'refused') {
      this.accept(answer);
      return 'ok';
    }
    const later = this.store.load();
    if (later && later.refresh_token !== stored.refresh_token) return 'ok';
    this.end();
    return 'refused';
  }
}
