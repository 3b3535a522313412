/**
 * Pages are one level below the base path (`tree`, `sign-in`; /login belongs to the API), so that the relative addresses of index.html hold on
 * each of them. What is selected on a page is in the fragment: `tree#/Plant/PumpHouse/Pressure`.
 */
export type PageName = 'overview' | 'tree' | 'edit' | 'connectors' | 'connect' | 'settings' | 'login' | 'setup' | 'unknown';

// The script lies in assets/ below the base path, whatever page it was loaded from.
const script = import.meta.url;
export const base: URL = import.meta.env.DEV ? new URL('/', location.href) : new URL('../', script);

const kPages: Record<string, PageName> = {
  '': 'overview', 'index.html': 'overview', tree: 'tree', edit: 'edit', connectors: 'connectors', connect: 'connect',
  settings: 'settings', 'sign-in': 'login', setup: 'setup',
};

class Route {
  page = $state<PageName>('overview');
  fragment = $state('');
  /** Set while something on the page is not saved: the question to ask before the page is left. */
  unsaved: (() => string) | null = null;

  constructor() {
    addEventListener('popstate', () => this.moved());
    addEventListener('hashchange', () => this.moved());
    addEventListener('beforeunload', (event) => this.unsaved && event.preventDefault());
    this.read();
  }

  href(page: PageName, fragment = ''): string {
    const name = page === 'overview' ? '' : page === 'login' ? 'sign-in' : page;
    return base.pathname + name + (fragment ? `#${encodeFragment(fragment)}` : '');
  }

  go(page: PageName, fragment = '', replace = false): void {
    if (page !== this.page && !this.mayLeave()) return;
    const href = this.href(page, fragment);
    if (replace) history.replaceState(null, '', href);
    else if (href !== location.pathname + location.hash) history.pushState(null, '', href);
    this.read();
  }

  /** The browser has gone back or forward already; who wants to stay is taken back there. */
  private moved(): void {
    const { page, fragment } = this;
    if (pageNow() !== page && !this.mayLeave()) history.pushState(null, '', this.href(page, fragment));
    else this.read();
  }

  private mayLeave(): boolean {
    if (this.unsaved && !confirm(this.unsaved())) return false;
    this.unsaved = null;
    return true;
  }

  private read(): void {
    this.page = pageNow();
    this.fragment = decodeFragment(location.hash.slice(1));
  }
}

function pageNow(): PageName {
  const below = location.pathname.slice(base.pathname.length).replace(/\/$/, '');
  return kPages[below] ?? 'unknown';
}

function encodeFragment(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/');
}

function decodeFragment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** For <a href> inside the page: follows the link without loading the page anew. */
export function followInside(event: MouseEvent, page: PageName, fragment = ''): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  route.go(page, fragment);
}

export const route = new Route();
