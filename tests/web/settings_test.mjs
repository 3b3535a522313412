// Users, roles, keys, locks, project and audit in the page: node --test tests/web/settings_test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiClient, openPage, pageAddress, picture, seriousFindings, signIn, startBrowser, until, windowsOf } from './screen.mjs';

let browser;
let call;
before(async () => {
  browser = await startBrowser();
  call = await apiClient();
});
after(() => browser?.close());
const inWindow = windowsOf(() => browser);
const unique = `t${Date.now() % 1_000_000}`;

async function openPart(page, part) {
  await signIn(page);
  await openPage(page, `settings#${part}`);
}

const dialog = (page) => page.getByRole('dialog');

describe('the settings', () => {
  it('make a user, who can sign in, and end his sessions', () =>
    inWindow({}, async ({ page }) => {
      const name = `${unique}-user`;
      await openPart(page, 'users');
      await page.getByRole('button', { name: 'New user' }).click();
      await dialog(page).locator('[name=new-username]').fill(name);
      await dialog(page).locator('[name=new-password]').fill('a long sentence');
      await dialog(page).locator('[name=role]').selectOption('operator');
      await dialog(page).locator('[name=subtree]').fill('/Plant');
      assert.deepEqual(await seriousFindings(page), []);
      await dialog(page).getByRole('button', { name: 'Save' }).click();
      const row = page.locator(`[data-user="${name}"]`);
      await row.waitFor();
      assert.match(await row.textContent(), /Operator\s*\/Plant/);
      await picture(page, 'users');
      const login = await fetch(pageAddress('login'), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ username: name, password: 'a long sentence' }) });
      const { access_token: token } = await login.json();
      const ask = () => fetch(pageAddress('api/user'), { headers: { Authorization: `Bearer ${token}` } });
      assert.equal((await ask()).status, 200);
      await row.getByRole('button', { name: 'End sessions' }).click();
      await dialog(page).getByRole('button', { name: 'End sessions' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await until(async () => (await ask()).status === 401, 'the session to end');
      await row.getByRole('button', { name: `Remove ${name}` }).click();
      await dialog(page).getByRole('button', { name: 'Remove', exact: true }).click();
      await row.waitFor({ state: 'detached' });
    }));

  it('make a role, and refuse to remove it while somebody has it', () =>
    inWindow({}, async ({ page }) => {
      const role = `${unique}-role`;
      await openPart(page, 'roles');
      await page.getByRole('button', { name: 'New role' }).click();
      await dialog(page).locator('[name=role-name]').fill(role);
      await dialog(page).getByLabel(/start and stop connectors/).check();
      assert.deepEqual(await seriousFindings(page), []);
      await dialog(page).getByRole('button', { name: 'Save' }).click();
      const row = page.locator(`[data-role="${role}"]`);
      await row.waitFor();
      assert.match(await row.textContent(), /read, start and stop connectors/);
      await picture(page, 'roles');
      const key = await call('POST', 'api/keys', { name: `${unique}-holder`, grants: [{ role, subtree: '/' }], expires: null, description: '' });
      await row.getByRole('button', { name: `Remove ${role}` }).click();
      await dialog(page).getByRole('button', { name: 'Remove', exact: true }).click();
      await dialog(page).locator('[role=alert]').waitFor();
      assert.match(await dialog(page).locator('[role=alert]').textContent(), /in use/);
      await call('DELETE', `api/keys/${key.id}`);
    }));

  it('show a new key once, and it works until it is revoked', () =>
    inWindow({}, async ({ page }) => {
      const name = `${unique}-key`;
      await openPart(page, 'keys');
      await page.getByRole('button', { name: 'New key' }).click();
      await dialog(page).locator('[name=key-name]').fill(name);
      await dialog(page).getByRole('button', { name: 'Make the key' }).click();
      await page.waitForSelector('[data-new-key]');
      const key = (await page.locator('[data-new-key] code').first().textContent()).trim();
      assert.match(key, /^twk_/);
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'new-key');
      const ask = () => fetch(pageAddress('api/user'), { headers: { 'X-API-Key': key } });
      assert.equal((await (await ask()).json()).kind, 'key');
      await page.getByRole('button', { name: 'I have copied it' }).click();
      assert.ok(!(await page.content()).includes(key), 'the page has forgotten the key');
      const row = page.locator(`[data-key="${name}"]`);
      await row.getByRole('button', { name: 'Revoke' }).click();
      await dialog(page).getByRole('button', { name: 'Revoke' }).click();
      await page.waitForSelector(`[data-key="${name}"][data-revoked=true]`);
      assert.equal((await ask()).status, 401);
      await picture(page, 'keys');
    }));

  it('lock a part of the plant: writes are refused with the reason, and the tag shows it', () =>
    inWindow({}, async ({ page }) => {
      const path = '/Plant/PumpHouse/ChangeoverHours';
      await openPart(page, 'locks');
      await page.getByRole('button', { name: 'Lock against control' }).click();
      await dialog(page).locator('[name=path]').fill(path);
      await dialog(page).getByRole('button', { name: 'Lock…' }).click();
      assert.match(await dialog(page).locator('[role=alert]').textContent(), /Say why/);
      await dialog(page).locator('[name=reason]').fill('bearing change');
      await dialog(page).getByRole('button', { name: 'Lock…' }).click();
      const row = page.locator(`[data-lock="${path}"]`);
      await row.waitFor();
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'locks');
      const answer = await call('PUT', 'api/values', { items: [{ path, value: 24 }] });
      assert.match(answer.items[0].detail, /bearing change/);
      await openPage(page, `tree#${path}`);
      await page.locator(`[data-detail="${path}"] [data-lock]`).waitFor();
      assert.match(await page.locator('[data-detail] [data-lock]').textContent(), /bearing change/);
      await picture(page, 'locked-tag');
      await openPage(page, 'settings#locks');
      await row.getByRole('button', { name: 'Unlock' }).click();
      await dialog(page).getByRole('button', { name: 'Unlock' }).click();
      await row.waitFor({ state: 'detached' });
    }));

  it('import a file with its difference first, and go back to the revision before', () =>
    inWindow({}, async ({ page }) => {
      const path = `/Imported/${unique}`;
      await openPart(page, 'project');
      await page.setInputFiles('#project-file', { name: 'wrong.yaml', mimeType: 'application/yaml', buffer: Buffer.from('tags:\n  Imported/X: {type: float, unti: m}\n') });
      await page.waitForSelector('[data-faults]');
      assert.match(await page.textContent('[data-faults]'), /wrong\.yaml:2:\d+.*unit/);
      await page.setInputFiles('#project-file', { name: 'tags.csv', mimeType: 'text/csv', buffer: Buffer.from(`name;type_;units;min_;max_\n${path};float;m;0;4,5\n`) });
      await page.waitForSelector(`[data-change=added][data-name="${path}"]`);
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'import');
      const { revision } = await call('GET', 'api/status');
      await page.getByRole('button', { name: 'Apply as one revision' }).click();
      await page.waitForSelector('[data-imported]');
      assert.deepEqual((await call('GET', `api/tags?path=${path}`)).items[0].range, [0, 4.5]);

      await page.locator('[data-part=revisions]').click();
      await page.locator(`[data-revision="${revision + 1}"]`).getByRole('button', { name: 'Show' }).click();
      await page.waitForSelector(`[data-revision-detail] [data-name="${path}"]`);
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'revision');
      await dialog(page).getByRole('button', { name: 'Close' }).click();
      await page.locator(`[data-revision="${revision}"]`).getByRole('button', { name: 'Show' }).click();
      await dialog(page).getByRole('button', { name: /Go back to this/ }).click();
      await page.waitForSelector(`[data-change=removed][data-name="${path}"]`);
      await dialog(page).getByRole('button', { name: 'Restore' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await assert.rejects(call('GET', `api/tags?path=${path}`));
    }));

  it('export the project as YAML and its tags as CSV', () =>
    inWindow({}, async ({ page }) => {
      await openPart(page, 'project');
      for (const [button, begins] of [['Project as YAML', /connectors:/], ['Tags as CSV', /name[,;]/]]) {
        const saved = page.waitForEvent('download');
        await page.getByRole('button', { name: button }).click();
        const chunks = [];
        for await (const chunk of await (await saved).createReadStream()) chunks.push(chunk);
        assert.match(Buffer.concat(chunks).toString(), begins);
      }
    }));

  it('show the audit by user and action, and save it for a spreadsheet', () =>
    inWindow({}, async ({ page }) => {
      await openPart(page, 'audit');
      await page.waitForSelector('[data-action]');
      await page.fill('[name=action]', 'login');
      await page.getByRole('button', { name: 'Show' }).click();
      await until(async () => (await page.locator('[data-action]').count()) > 0 && (await page.locator('[data-action]:not([data-action=login])').count()) === 0, 'logins only');
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'audit');
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'CSV' }).click();
      const chunks = [];
      for await (const chunk of await (await saved).createReadStream()) chunks.push(chunk);
      const lines = Buffer.concat(chunks).toString().trim().split('\r\n');
      assert.match(lines[0], /"time","user"/);
      assert.ok(lines.length > 1 && lines.slice(1).every((line) => line.includes('"login"')));
    }));
});
