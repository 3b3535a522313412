import { Client, ApiError } from './api/client';
import { LiveValues } from './api/live.svelte';
import { PlantStatus } from './api/plant.svelte';
import { Recent } from './api/recent.svelte';
import { Session } from './api/session';
import { LiveSocket, type SocketLike, type SocketState } from './api/socket';
import { BrowserTokenStore, browserLock } from './api/token_store';
import type { Tokens, User } from './api/types';
import { clock } from './clock.svelte';
import { texts } from './messages';
import { base, route, type PageName } from './route.svelte';

/** What the pages share: who is signed in, the connection, live values. Made once, wired here. */
class App {
  user = $state.raw<User | null>(null);
  signedIn = $state(false);
  /** Why the person is on the login page without having asked for it. */
  notice = $state('');
  connection = $state.raw<SocketState>({ phase: 'idle', lostSince: null, retryAt: null });

  /** Where the person was going when the login page came in between. */
  private wanted: PageName = 'overview';
  private wantedFragment = '';

  readonly client = new Client(base);
  readonly session: Session;
  readonly socket: LiveSocket;
  readonly live: LiveValues;
  readonly plant: PlantStatus;
  readonly recent: Recent;
  private readonly store = new BrowserTokenStore(`tagwerk.session:${base.pathname}`);

  constructor() {
    this.session = new Session(this.store, browserLock(this.store.key), (token) => this.client.renew(token));
    this.client.session = this.session;
    this.socket = new LiveSocket({
      open: (protocols) => new WebSocket(this.client.socketUrl(), protocols) as unknown as SocketLike,
      token: () => this.session.validToken(),
      renewedToken: () => this.renewedToken(),
      doubtToken: () => this.loadUser(),
      now: Date.now,
      random: Math.random,
      onState: (state) => (this.connection = state),
    });
    this.live = new LiveValues(this.socket);
    this.plant = new PlantStatus(this.socket);
    this.recent = new Recent(this.live, () => this.connected);
    this.session.onEnded = () => this.leave(texts.login.ended);
    addEventListener('storage', (event) => this.otherWindow(event));
    addEventListener('online', () => this.socket.retryNow());
    document.addEventListener('visibilitychange', () => document.hidden || this.socket.check());
  }

  get connected(): boolean {
    return this.connection.phase === 'open';
  }

  /** The server's clock now, by which ages are counted. */
  get serverNow(): number {
    return clock.now + this.socket.clockOffset;
  }

  resume(): void {
    if (this.session.signedIn) this.enter();
    else if (route.page !== 'setup') this.askToSignIn();
  }

  async signIn(username: string, password: string): Promise<void> {
    this.admit(await this.client.open<Tokens>('login', { method: 'POST', body: { username, password } }));
  }

  async setUp(token: string, name: string, password: string): Promise<void> {
    this.admit(await this.client.open<Tokens>('api/setup', { method: 'POST', body: { token, name, password } }));
  }

  async signOut(): Promise<void> {
    const refresh_token = this.session.refreshToken;
    const access = this.session.accessToken;
    if (refresh_token && access) {
      await this.client.call('logout', { method: 'POST', body: { refresh_token }, timeoutMs: 3000 }).catch(() => {});
    }
    this.session.forget();
    this.leave('');
  }

  /** Whether the user has a right at a path: "/" for what reaches beyond the tree. The server has the last word. */
  may(right: string, path = '/'): boolean {
    return (this.user?.rights ?? []).some((held) => held.right === right && covers(held.subtree ?? '/', path));
  }

  /** Whether there is any place at which the user has the right. */
  maySomewhere(right: string): boolean {
    return (this.user?.rights ?? []).some((held) => held.right === right);
  }

  /** Start and stop connectors. */
  get mayControl(): boolean {
    return this.may('control');
  }

  private admit(tokens: Tokens): void {
    this.session.accept(tokens);
    this.notice = '';
    if (route.page === 'setup') route.go('login', '', true);
    this.enter();
  }

  private enter(): void {
    this.signedIn = true;
    if (route.page === 'login') route.go(this.wanted, this.wantedFragment, true);
    this.wanted = 'overview';
    this.wantedFragment = '';
    void this.loadUser();
    this.plant.start();
    this.recent.start();
    this.socket.start();
  }

  private leave(notice: string): void {
    this.signedIn = false;
    this.user = null;
    this.notice = notice;
    this.plant.stop();
    this.recent.stop();
    route.unsaved = null;
    this.live.clear();
    this.socket.stop();
    this.askToSignIn();
  }

  private askToSignIn(): void {
    if (!['login', 'setup', 'unknown'].includes(route.page)) {
      this.wanted = route.page;
      this.wantedFragment = route.fragment;
    }
    route.go('login', '', true);
  }

  /** Also finds out whether the token still holds: the client renews it or ends the session. */
  private async loadUser(): Promise<void> {
    try {
      this.user = await this.client.call<User>('api/user', { timeoutMs: 5000 });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.session.end();
    }
  }

  private async renewedToken(): Promise<string | null> {
    await this.session.refresh(this.session.accessToken);
    return this.session.accessToken;
  }

  private otherWindow(event: StorageEvent): void {
    if (event.key !== this.store.key) return;
    if (event.newValue === null && this.signedIn) this.leave('');
    else if (event.newValue !== null && !this.signedIn) this.resume();
  }
}

function covers(subtree: string, path: string): boolean {
  return subtree === '/' || path === subtree || path.startsWith(`${subtree}/`);
}

export const app = new App();
