import type { Lock, Stored, TokenStore } from './session';

/** Tokens live in localStorage: they survive a restart of the browser and are shared by its windows. */
export class BrowserTokenStore implements TokenStore {
  private fallback: Stored | null = null;

  constructor(readonly key: string) {}

  load(): Stored | null {
    try {
      const kept = localStorage.getItem(this.key);
      return kept ? (JSON.parse(kept) as Stored) : null;
    } catch {
      return this.fallback;
    }
  }

  save(tokens: Stored | null): void {
    this.fallback = tokens;
    try {
      if (tokens) localStorage.setItem(this.key, JSON.stringify(tokens));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is off: the session holds until the page is closed.
    }
  }
}

/** Browsers offer locks on https and on this machine only; elsewhere Session copes with a lost race. */
export function browserLock(name: string): Lock {
  return async (work) => {
    if (!navigator.locks) return work();
    return await navigator.locks.request(name, work);
  };
}
