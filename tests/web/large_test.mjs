// A hundred thousand tags in the page: node --test tests/web/large_test.mjs
// TAGWERK_LARGE_URL is a server with the signals of `tagwerk simulate signals`; the suite starts it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { picture, signIn, startBrowser, until, windowsOf } from './screen.mjs';

const large = process.env.TAGWERK_LARGE_URL ? new URL(process.env.TAGWERK_LARGE_URL) : null;

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());
const inWindow = windowsOf(() => browser);

describe('a hundred thousand tags', { skip: large ? false : 'TAGWERK_LARGE_URL is not set' }, () => {
  it('are shown at once, and scrolled to the end', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page, large);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tree' }).click();
      const began = Date.now();
      await page.waitForSelector('[data-path="/Unit1"]');
      const shown = Date.now() - began;
      await page.locator('[data-path="/Unit4"] button').first().click();
      await until(async () => (await page.locator('[data-path^="/Unit4/"]').count()) > 5, 'tags of the last unit');
      await page.getByRole('treegrid').evaluate((box) => (box.scrollTop = box.scrollHeight));
      await until(async () => (await page.locator('[data-path^="/Unit4/Signal"] [data-cell=value] .figure').count()) > 5, 'tags at the end of the list');
      await until(async () => (await page.locator('[data-kind=tag][data-status=Good]').count()) > 3, 'live values there');
      await picture(page, 'large-tree');
      console.log(`the tree of 100,000 tags was there after ${shown} ms`);
    }));

  it('are searched by the server while one types', () =>
    inWindow({}, async ({ page }) => {
      const asked = [];
      page.on('request', (request) => request.url().includes('/api/tags?') && asked.push(request.url()));
      await signIn(page, large);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tree' }).click();
      await page.waitForSelector('[data-path="/Unit1"]');
      const began = Date.now();
      await page.fill('[type=search]', 'unit3 signal24999');
      await page.waitForSelector('[data-path="/Unit3/Signal24999"]');
      console.log(`a tag among 100,000 was found after ${Date.now() - began} ms`);
      assert.equal(await page.locator('[data-kind=tag]').count(), 1);
      assert.ok(asked.length <= 2, `the page asked ${asked.length} times`);
      await page.fill('[type=search]', 'signal1');
      await until(async () => /the first 500 tags/.test(await page.locator('.tools [role=status]').textContent()), 'the first results');
    }));
});
