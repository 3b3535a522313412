// Editing the project in the page: node --test tests/web/edit_test.mjs
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiClient, openPage, openTree, picture, rowOf, seriousFindings, signIn, startBrowser, until, windowsOf } from './screen.mjs';

const kSource = { connector: 'plc1', address: 'IR:0', dtype: 'float32' };
const kTags = {
  '/Editing/A': { type: 'float', unit: 'bar', source: kSource },
  '/Editing/B': { type: 'float', unit: 'bar', source: kSource },
  '/Editing/Old': { type: 'int' },
};

let browser;
let call;
before(async () => {
  browser = await startBrowser();
  call = await apiClient();
});
after(() => browser?.close());
const inWindow = windowsOf(() => browser);

/** Every test begins with the same tags below /Editing. */
async function startOver() {
  await call('POST', 'api/project/edit', { set: { objects: { '/Editing': { description: 'For tests' } } } });
  await call('DELETE', 'api/objects?path=/Editing&recursive=true').catch(() => {});
  await call('DELETE', 'api/objects?path=/Copied&recursive=true').catch(() => {});
  await call('POST', 'api/project/edit', { set: { objects: { '/Editing': { description: 'For tests' } }, tags: kTags } });
}

async function openGrid(page) {
  await startOver();
  await signIn(page);
  await openPage(page, 'edit#/Editing');
  await page.waitForSelector('[data-row="/Editing/A"]');
}

const cell = (page, row, column) => page.locator(`[data-row="${row}"] [data-column="${column}"]`);

async function type(page, row, column, text) {
  await cell(page, row, column).click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** As Ctrl+V does; the clipboard of a browser under test is shared by all of them. */
async function pasteAt(page, text) {
  await page.getByRole('grid').evaluate((grid, content) => {
    const data = new DataTransfer();
    data.setData('text/plain', content);
    grid.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

async function apply(page) {
  await page.locator('[data-tool=review]').click();
  const review = page.locator('[data-review]');
  await review.locator('[data-change]').first().waitFor();
  return review;
}

const definition = async (path) => (await call('GET', `api/tags?path=${encodeURIComponent(path)}`)).items[0];

describe('the table of tags', () => {
  it('takes rows from a spreadsheet, shows what they change, and applies them as one revision', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      const { revision } = await call('GET', 'api/status');
      await cell(page, '/Editing/A', 'path').click();
      await pasteAt(page, 'Path\tType\tUnit\tConnector\tAddress\tCoding\tScale\n/Editing/A\tfloat\tkPa\tplc1\tIR:0\tfloat32\t0,1\nEditing/C\tfloat\tm\tplc1\tIR:2\tfloat32\t\n');
      await page.waitForSelector('[data-row="/Editing/C"][data-state=added]');
      assert.equal(await page.locator('[data-row="/Editing/A"]').getAttribute('data-state'), 'changed');
      assert.deepEqual(await seriousFindings(page), []);
      await picture(page, 'edit-grid');
      const review = await apply(page);
      assert.equal(await review.locator('[data-change]').count(), 2);
      await picture(page, 'edit-review');
      await review.locator('[name=summary]').fill('Calibration');
      await review.getByRole('button', { name: 'Apply as one revision' }).click();
      await page.getByText(`Applied as revision ${revision + 1}`).waitFor();
      const tag = await definition('/Editing/A');
      assert.equal(tag.definition.unit, 'kPa');
      assert.equal(tag.definition.source.scale, 0.1);
      assert.equal((await definition('/Editing/C')).unit, 'm');
      await until(async () => (await page.locator('[data-state=added]').count()) === 0, 'the table to show what the server has');
    }));

  it('shows faults at their cells, its own and the server’s, and applies nothing', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      await type(page, '/Editing/A', 'range.low', '99');
      await page.locator('[data-tool=fault]').waitFor();
      assert.equal(await cell(page, '/Editing/A', 'range.high').getAttribute('aria-invalid'), 'true');
      assert.deepEqual(await seriousFindings(page), []);
      await page.locator('[data-tool=undo]').click();
      await type(page, '/Editing/B', 'source.address', 'XX:1');
      await page.locator('[data-tool=review]').click();
      await until(async () => (await cell(page, '/Editing/B', 'source.address').getAttribute('aria-invalid')) === 'true', 'the server’s fault at its cell');
      await picture(page, 'edit-fault');
      assert.equal((await definition('/Editing/B')).definition.source.address, 'IR:0');
    }));

  it('undoes what was done until nothing is changed', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      await type(page, '/Editing/A', 'unit', 'mbar');
      await cell(page, '/Editing/Old', 'path').click();
      await page.locator('[data-tool=remove]').click();
      await page.waitForSelector('[data-row="/Editing/Old"][data-state=removed]');
      await page.getByRole('grid').focus();
      await page.keyboard.press('Control+z');
      await page.keyboard.press('Control+z');
      assert.equal(await cell(page, '/Editing/A', 'unit').textContent(), 'bar');
      assert.ok(await page.locator('[data-tool=review]').isDisabled());
    }));

  it('removes and renames; a renamed tag keeps its id', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      const { id } = await definition('/Editing/A');
      await cell(page, '/Editing/A', 'path').click();
      await page.keyboard.type('/Editing/Renamed');
      await page.keyboard.press('Enter');
      await cell(page, '/Editing/Old', 'path').click();
      await page.locator('[data-tool=remove]').click();
      const review = await apply(page);
      await review.getByRole('button', { name: 'Apply as one revision' }).click();
      await page.getByText(/Applied as revision/).waitFor();
      assert.equal((await definition('/Editing/Renamed')).id, id);
      await assert.rejects(definition('/Editing/Old'));
    }));

  it('says that somebody else changed the project, and puts the changes on top', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      await type(page, '/Editing/A', 'description', 'mine');
      await call('POST', 'api/project/edit', { set: { tags: { '/Editing/A': { ...kTags['/Editing/A'], unit: 'theirs' } } } });
      await page.getByRole('button', { name: 'Load again and keep my changes' }).click();
      await until(async () => (await cell(page, '/Editing/A', 'unit').textContent()) === 'theirs', 'their change');
      assert.equal(await cell(page, '/Editing/A', 'description').textContent(), 'mine');
    }));

  it('leaves no change behind without asking', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      await type(page, '/Editing/A', 'unit', 'x');
      const questions = [];
      page.on('dialog', (dialog) => (questions.push(dialog.message()), dialog.dismiss()));
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click();
      assert.match(questions[0] ?? '', /not applied yet/);
      assert.equal(await page.locator('[data-edit=tags]').count(), 1, 'the table is still there');
    }));

  it('has objects, too', () =>
    inWindow({}, async ({ page }) => {
      await openGrid(page);
      await page.getByRole('button', { name: 'Objects', exact: true }).click();
      await page.waitForSelector('[data-edit=objects] [data-row="/Editing"]');
      await type(page, '/Editing', 'description', 'Changed here');
      const review = await apply(page);
      await review.getByRole('button', { name: 'Apply as one revision' }).click();
      await page.getByText(/Applied as revision/).waitFor();
      assert.equal((await call('GET', 'api/objects?path=/Editing')).items[0].description, 'Changed here');
    }));
});

/** Signs in and opens the form of a tag in the tree. */
async function openForm(page, path) {
  await signIn(page);
  await openPage(page, `tree#${path}`);
  await page.locator(`[data-tools="${path}"]`).getByRole('button', { name: 'Edit…' }).click();
  return page.locator('[data-thing=tags]');
}

describe('the form', () => {
  it('edits a tag, and shows the server’s fault at its field', () =>
    inWindow({}, async ({ page }) => {
      await startOver();
      const form = await openForm(page, '/Editing/A');
      await form.locator('[name="source.address"]').fill('XX:0');
      await form.getByRole('button', { name: 'Save' }).click();
      await until(async () => (await form.locator('[name="source.address"]').getAttribute('aria-invalid')) === 'true', 'the fault at its field');
      assert.deepEqual(await seriousFindings(page), []);
      await form.locator('[name="source.address"]').fill('IR:4');
      await form.locator('[name=unit]').fill('mbar');
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
      const tag = await definition('/Editing/A');
      assert.deepEqual([tag.unit, tag.source.address], ['mbar', 'IR:4']);
    }));

  it('stays open with what was typed when somebody else changes the project', () =>
    inWindow({}, async ({ page }) => {
      await startOver();
      const form = await openForm(page, '/Editing/A');
      await form.locator('[name=unit]').fill('kPa');
      const reloaded = page.waitForResponse((answer) => answer.url().includes('api/tree') && answer.url().includes('depth=0'));
      await call('PUT', 'api/objects?path=/Editing', { description: `Changed by somebody else, ${Date.now()}` });
      await reloaded;
      assert.equal(await form.locator('[name=unit]').inputValue(), 'kPa');
      await form.getByRole('button', { name: 'Cancel' }).click();
      await form.waitFor({ state: 'detached' });
    }));

  it('edits a tag that a type makes as an override of its object', () =>
    inWindow({}, async ({ page }) => {
      const path = '/Plant/PumpHouse/Pump2/Current';
      const form = await openForm(page, path);
      await form.locator('[name=description]').fill('The old pump');
      await form.getByRole('button', { name: 'Save' }).click();
      await form.waitFor({ state: 'detached' });
      const tag = await definition(path);
      assert.equal(tag.description, 'The old pump');
      assert.deepEqual(tag.overridden, ['description']);
      await call('PUT', 'api/objects?path=/Plant/PumpHouse/Pump2', withoutOverride((await call('GET', 'api/objects?path=/Plant/PumpHouse/Pump2')).items[0].definition));
    }));

  it('copies an object with everything below, and removes one', () =>
    inWindow({}, async ({ page }) => {
      await startOver();
      await signIn(page);
      await openTree(page);
      await (await rowOf(page, '/Editing')).click();
      const tools = page.locator('[data-tools="/Editing"]');
      await tools.getByRole('button', { name: 'Copy…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.locator('[name=to]').fill('/Copied');
      await dialog.getByText('Replace something').click();
      await dialog.locator('[name=find]').fill('IR:0');
      await dialog.locator('[name=with]').fill('IR:8');
      await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
      await page.waitForSelector('[data-detail="/Copied"]');
      assert.equal((await definition('/Copied/A')).source.address, 'IR:8');
      await page.locator('[data-tools="/Copied"]').getByRole('button', { name: 'Remove…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await assert.rejects(definition('/Copied/A'));
    }));
});

function withoutOverride({ override: _, ...rest }) {
  return rest;
}
