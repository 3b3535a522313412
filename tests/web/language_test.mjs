// The page in German and Russian: node --test tests/web/language_test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPage, picture, seriousFindings, server, signIn, startBrowser, until, windowsOf } from './screen.mjs';

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());
const inWindow = windowsOf(() => browser);

const kPressure = '/Plant/PumpHouse/Pressure';
const languages = [
  { locale: 'de-DE', lang: 'de', tree: 'Anlage', quality: /Der Wert ist gut/, menu: 'Sprache' },
  { locale: 'ru-RU', lang: 'ru', tree: 'Объект', quality: /Значение достоверно/, menu: 'Язык' },
];

describe('the language of the page', () => {
  for (const { locale, lang, tree, quality } of languages) {
    it(`is the browser’s: ${locale}, with its decimal comma`, () =>
      inWindow({ locale }, async ({ page }) => {
        await signIn(page);
        assert.equal(await page.getAttribute('html', 'lang'), lang);
        await page.getByRole('navigation').getByRole('link', { name: tree }).click();
        await openPage(page, `tree#${kPressure}`);
        await until(async () => quality.test((await page.locator('[data-detail-quality]').allTextContents()).join('')), 'the quality as a sentence');
        assert.match(await page.textContent('[data-detail-value]'), /^\d,\d\d$/);
        assert.deepEqual(await seriousFindings(page), []);
        await picture(page, `tree-${lang}`);
        for (const name of ['', 'connectors', 'connect', 'edit#/Plant', 'settings#keys']) {
          await openPage(page, name);
          await page.waitForLoadState('networkidle');
          await picture(page, `${name.replace(/\W.*/, '') || 'overview'}-${lang}`);
        }
      }));
  }

  it('is chosen in the user menu, at once, and remembered', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await page.getByRole('button', { name: /^User / }).click();
      await page.selectOption('[name=language]', 'de');
      await page.getByRole('navigation').getByRole('link', { name: 'Übersicht' }).waitFor();
      await page.reload();
      await page.getByRole('navigation').getByRole('link', { name: 'Übersicht' }).waitFor();
      assert.equal(await page.getAttribute('html', 'lang'), 'de');
    }));

  it('of which only the shown one is loaded', () =>
    inWindow({}, async ({ page }) => {
      const loaded = [];
      page.on('response', (answer) => new URL(answer.url()).host === server.host && loaded.push(answer.url()));
      await signIn(page);
      assert.equal(loaded.filter((url) => /german|russian/.test(url)).length, 0);
    }));
});
