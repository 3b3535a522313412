// A newcomer connects a device that nobody knows, with the page alone: node --test tests/web/connect_test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiClient, openPage, Peer, picture, seriousFindings, signIn, startBrowser, until, windowsOf } from './screen.mjs';

const kConnector = 'boiler_plc';
const kTemperature = '/Boiler/Temperature';
const kPressure = '/Boiler/Pressure';

let browser;
const device = new Peer();
before(async () => {
  browser = await startBrowser();
  await device.start('foreign_device.py');
});
after(async () => {
  await browser?.close();
  device.stop();
  const call = await apiClient();
  await call('POST', 'api/project/edit', { remove: { tags: [kTemperature, kPressure], connectors: [kConnector] } }).catch(() => {});
});
const inWindow = windowsOf(() => browser);

async function fillDevice(page, { port = device.port, unit = 7, name = kConnector } = {}) {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connectors' }).click();
  await page.getByRole('link', { name: 'Connect a device' }).click();
  await page.fill('[name=host]', '127.0.0.1');
  await page.fill('[name=port]', String(port));
  await page.fill('[name=unit]', String(unit));
  await page.fill('[name=name]', name);
}

async function read(page, address, expected) {
  await page.fill('[name=number]', String(address));
  await page.fill('[name=expected]', expected);
  await page.getByRole('button', { name: 'Read', exact: true }).click();
}

/** The number that the last step shows, once it is there. */
async function madeValue(page) {
  const text = await page.locator('[data-made-value]').textContent();
  return Number(text.trim() || Number.NaN);
}

describe('a foreign Modbus device', () => {
  it('is refused with a sentence while its address is wrong', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await fillDevice(page, { port: 'many' });
      await page.getByRole('button', { name: 'Next: read' }).click();
      assert.match(await page.textContent('#port-fault'), /1 to 65535/);
      await page.fill('[name=port]', '1');
      await page.getByRole('button', { name: 'Next: read' }).click();
      await read(page, 100, '49.8');
      await page.locator('[data-read=failed]').waitFor();
      assert.match(await page.textContent('[data-read=failed]'), /Check host, port and unit/);
      assert.deepEqual(await seriousFindings(page), []);
      await page.getByRole('button', { name: 'Back' }).click();
      assert.equal(await page.inputValue('[name=port]'), '1', 'what was typed is still there');
    }));

  it('is connected with the page alone: what its display shows leads to type and order', () =>
    inWindow({}, async ({ page }) => {
      const began = Date.now();
      await signIn(page);
      await fillDevice(page);
      await picture(page, 'connect-device');
      await page.getByRole('button', { name: 'Next: read' }).click();
      await read(page, 100, '49.8');
      const fitting = page.locator('[data-suggestions] button[data-dtype=float32]').first();
      await fitting.waitFor();
      assert.equal(await fitting.getAttribute('data-order'), 'BADC');
      assert.equal(await fitting.getAttribute('data-address'), 'HR:100');
      assert.match(await page.locator('[data-readings] .hex').first().textContent(), /^[0-9A-F]{4}$/);
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'connect-read');
      await fitting.click();
      await page.fill('[name=path]', kTemperature);
      await page.fill('[name=unit]', '°C');
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'connect-tag');
      await page.getByRole('button', { name: /and create the tag/ }).click();
      await until(async () => Math.abs((await madeValue(page)) - 49.8) < 0.3, 'the live value of the new tag', 20_000);
      await picture(page, 'connect-done');

      await page.getByRole('button', { name: 'Another value from this device' }).click();
      await read(page, 102, '21.5');
      await page.locator('[data-suggestions] button[data-scale="0.1"]').first().click();
      await page.fill('[name=path]', kPressure);
      await page.fill('[name=unit]', 'bar');
      await page.getByRole('button', { name: 'Create the tag' }).click();
      await until(async () => Math.abs((await madeValue(page)) - 21.5) < 0.01, 'the second value');

      await page.getByRole('link', { name: 'Show in the tree' }).click();
      await page.waitForSelector(`[data-detail="${kPressure}"] [data-detail-value]`);
      console.log(`a foreign device was connected in ${((Date.now() - began) / 1000).toFixed(1)} s of a machine's time`);
      assert.ok(Date.now() - began < 600_000);
    }));

  it('answers why: registers in hex, frame, scaling', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await openPage(page, `tree#${kTemperature}`);
      await page.getByText('Why this value?').click();
      const why = page.locator('[data-why]');
      await why.waitFor();
      await until(async () => /Registers\s*[0-9a-fA-F]{4} [0-9a-fA-F]{4}/.test(await why.textContent()), 'the registers in hex');
      await until(async () => (await why.locator('.frame').count()) > 0, 'the frame that carried it');
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'why');
    }));

  it('is shown in its connector’s trace, which can be saved for Wireshark', () =>
    inWindow({}, async ({ page }) => {
      await signIn(page);
      await openPage(page, `connectors#${kConnector}`);
      await page.getByRole('tab', { name: 'Trace' }).click();
      await page.waitForSelector('[data-frame=received]');
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'trace');
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save for Wireshark' }).click();
      const file = await saved;
      assert.equal(file.suggestedFilename(), `${kConnector}.pcapng`);
      const chunks = [];
      for await (const chunk of await file.createReadStream()) chunks.push(chunk);
      assert.equal(Buffer.concat(chunks).readUInt32BE(0), 0x0a0d0d0a, 'it begins as pcapng does');
    }));
});
