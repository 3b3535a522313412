// What the tests of the web interface share: the browser, signing in, waiting for a condition, pictures.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fromWeb = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = fromWeb('playwright-core');
const kAxe = readFileSync(fromWeb.resolve('axe-core/axe.min.js'), 'utf8'); // evaluated, as the page's policy allows no foreign script tags

export const server = new URL(required('TAGWERK_URL'));
const user = required('TAGWERK_USER');
const password = required('TAGWERK_PASSWORD');
const pictures = process.env.TAGWERK_ARTIFACTS ?? '';

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the tests need TAGWERK_URL, TAGWERK_USER and TAGWERK_PASSWORD of a running \`tagwerk demo\``);
  return value;
}

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.TAGWERK_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--no-first-run',
    ],
  });
}

/** The address of a page of the interface below the base path of `at`. */
export function pageAddress(name, at = server) {
  const base = at.pathname.endsWith('/') ? at.href : `${at.href}/`;
  return new URL(name, base).href;
}

/** A new window; what the page complains about is collected in `complaints`. */
export async function openWindow(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A lost connection is reported by the browser itself; tests that cut it expect that.
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION|ERR_EMPTY|Failed to load resource/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return { context, page, complaints };
}

export async function signIn(page, at = server) {
  await page.goto(pageAddress('', at));
  await page.fill('[name=username]', user);
  await page.fill('[name=password]', password);
  await page.click('form button');
  await page.waitForSelector('[data-connection=open]');
}

/** A function that runs `work` in a new window, and fails when the page complained about something. */
export function windowsOf(browser) {
  return async (options, work) => {
    const window = await openWindow(browser(), options);
    try {
      await work(window);
      assert.deepEqual(window.complaints, [], 'the page reported errors');
    } catch (error) {
      await picture(window.page, `failed-${Date.now()}`).catch(() => {}); // the first error is the one that matters
      throw error;
    } finally {
      await window.context.close();
    }
  };
}

/** What axe-core finds serious or critical on the page as it is now. */
export async function seriousFindings(page) {
  await page.evaluate(kAxe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`);
}

/** Opens a page of the interface by its address: "connectors#plc1". */
export async function openPage(page, name) {
  await page.goto(pageAddress(name));
  await page.waitForSelector('[data-connection=open]');
}

/** A caller of the API beside the page: `call('GET', 'api/status')`. */
export async function apiClient(at = server) {
  const login = await fetch(pageAddress('login', at), {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ username: user, password }),
  });
  const { access_token: token } = await login.json();
  return async (method, path, body) => {
    const answer = await fetch(pageAddress(path, at), {
      method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
}

/** A program beside this file that prints the port it listens on. */
export class Peer {
  #process = null;
  port = 0;

  async start(script, ...args) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    this.#process = spawn('/usr/bin/python3', ['-u', path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.port = await new Promise((resolve, reject) => {
      this.#process.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it said its port`)));
      this.#process.stdout.once('data', (text) => resolve(Number(String(text).trim())));
    });
    return this;
  }

  stop() {
    this.#process?.kill();
  }
}

export async function openTree(page) {
  await page.getByRole('navigation').getByRole('link', { name: 'Tree' }).click();
  await page.waitForSelector('[data-path]');
  await page.getByRole('button', { name: 'Expand all' }).click();
  await page.waitForSelector('[data-path^="/Plant/PumpHouse/"][data-kind=tag]');
}

/** Scrolls the list until the row is there, as a person would. */
export async function rowOf(page, path) {
  const row = page.locator(`[data-path="${path}"]`);
  const list = page.getByRole('treegrid');
  await list.evaluate((box) => (box.scrollTop = 0));
  await until(async () => {
    if ((await row.count()) > 0) return true;
    await list.evaluate((box) => (box.scrollTop += box.clientHeight * 0.8));
    return false;
  }, `the row ${path}`);
  await row.scrollIntoViewIfNeeded();
  return row;
}

/** The number shown in the row, null when there is none. */
export async function numberIn(row) {
  const text = await row.locator('[data-cell=value] .figure').textContent();
  const number = Number((text ?? '').replace(/\u202f/g, '').trim() || Number.NaN);
  return Number.isNaN(number) ? null : number;
}

export async function until(condition, what, timeoutMs = 15_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function picture(page, name) {
  if (pictures === '') return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** A TCP proxy in front of the server that can be cut and mended. */
export class Cable {
  #listener = null;
  #ends = new Set();
  #port = 0;

  async plugIn() {
    this.#listener = createServer((near) => this.#join(near));
    await new Promise((resolve, reject) => this.#listener.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#listener.address().port;
  }

  async cut() {
    for (const end of this.#ends) end.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  /** The server's address as seen through the cable. */
  get address() {
    const url = new URL(server);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url;
  }

  #join(near) {
    const far = connect(Number(server.port || 80), server.hostname);
    for (const [end, other] of [[near, far], [far, near]]) {
      this.#ends.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => (this.#ends.delete(end), other.destroy()));
      end.pipe(other);
    }
  }
}
