// The page of the connectors: node --test tests/web/connectors_test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiClient, openPage, picture, seriousFindings, signIn, startBrowser, until, windowsOf } from './screen.mjs';

const kName = 'spare';

let browser;
let call;
before(async () => {
  browser = await startBrowser();
  call = await apiClient();
  await call('POST', 'api/project/edit', { set: { connectors: { [kName]: { type: 'modbus', host: '127.0.0.1', port: 1, timeout: '500ms' } } } });
});
after(async () => {
  await browser?.close();
  await call?.('DELETE', `api/connectors/${kName}`).catch(() => {});
});
const inWindow = windowsOf(() => browser);

describe('the page of the connectors', () => {
  it('shows state, devices and a live log', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connectors' }).click();
      await page.locator('[data-choose=plc1]').click();
      await page.waitForSelector('[data-connector=plc1] [data-device][data-state=connected]');
      await page.waitForSelector('[role=log] [data-level=info]');
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'connectors');
    }));

  it('stops and starts a connector, and the log says so', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await openPage(page, `connectors#${kName}`);
      const panel = page.locator(`[data-connector=${kName}]`);
      await panel.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
      await page.waitForSelector(`[data-connector=${kName}][data-state=stopped]`);
      await panel.getByRole('button', { name: 'Start' }).click();
      await page.waitForSelector(`[data-connector=${kName}][data-state=running]`);
      await page.waitForSelector('[role=log] [data-level]');
    }));

  it('shows the frames of a device, decoded', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await openPage(page, 'connectors#plc1');
      await page.getByRole('tab', { name: 'Trace' }).click();
      await page.waitForSelector('[data-frame=sent]');
      await page.waitForSelector('[data-frame=received]');
      const first = await page.locator('[data-frame]').first().textContent();
      await until(async () => (await page.locator('[data-frame]').first().textContent()) !== first, 'newer frames on top');
    }));

  it('edits the settings of a connector and adds a device', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await openPage(page, `connectors#${kName}`);
      await page.getByRole('tab', { name: 'Settings' }).click();
      const form = page.locator('[data-form=settings]');
      await form.locator('[name=port]').fill('70000');
      await form.locator('[name=port]').blur();
      assert.ok(await form.getByRole('button', { name: 'Save' }).isDisabled());
      await form.locator('[name=port]').fill('2');
      await form.locator('[name=period]').fill('2');
      await form.locator('[name=new-device]').fill('east');
      await form.getByRole('button', { name: 'Add device' }).click();
      await form.locator('[name="east.unit"]').fill('9');
      await form.locator('[name="east.unit"]').blur();
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'connector-settings');
      await form.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/Applied as revision/).waitFor();
      const { definition } = await call('GET', `api/connectors/${kName}`);
      assert.deepEqual(definition, { type: 'modbus', host: '127.0.0.1', port: 2, timeout: '500ms', period: '2s', devices: { east: { unit: 9 } } });
    }));

  it('reads registers past the configuration and makes a tag of a reading', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await openPage(page, 'connectors#plc1');
      await page.getByRole('tab', { name: 'Test read' }).click();
      await page.selectOption('[name=table]', 'IR');
      await page.getByRole('button', { name: 'Read', exact: true }).click();
      await page.locator('[data-line="float32 ABCD"] button').first().click();
      await page.waitForSelector('[data-form=tag]');
      assert.match(await page.textContent('[data-form=tag]'), /IR:0 · float32 ABCD/);
    }));

  it('removes a connector that has no tags', () =>
    inWindow({}, async ({ page }) => {
      await call('POST', 'api/project/edit', { set: { connectors: { doomed: { type: 'modbus', host: '127.0.0.1', port: 1 } } } });
      await signIn(page);
      await openPage(page, 'connectors#doomed');
      await page.waitForSelector('[data-connector=doomed]');
      await page.getByRole('tab', { name: 'Settings' }).click();
      await page.getByRole('button', { name: 'Remove connector' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.locator('[data-choose=doomed]').waitFor({ state: 'detached' });
    }));
});
