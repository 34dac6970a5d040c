// What every page owes to everybody: it fits, it can be named, and it keeps the colours one chose.
import { expect, go, hydrated, open, test } from '../fixtures';
import { ask, remove, run } from '../fixtures/docker';

test('every page fits on a phone, and every control has a name @phone-only', async ({ page, house, as, fleet, trouble }) => {
  test.setTimeout(90_000);
  trouble.expect(/status of 404/);
  const ada = house.administrator;
  const name = 'a-container-whose-name-was-made-by-a-machine-and-goes-on-and-on-for-much-longer-than-anybody-would-type';
  const id = await run(fleet.host('h1'), { name, command: ['crash', ...Array(40).fill('unbreakable')] });
  await ada.runs('atlas', 'services:\n  web:\n    image: sample:1\n    ports: ["8080"]\n');
  const { items } = await ada.call<{ items: { id: string }[] }>('GET', '/operations?limit=1');
  const [web] = await ask<{ Id: string }[]>(fleet.host('h1'), 'GET', '/containers/json?all=true');
  await as(ada);
  for (const path of [
    '/',
    '/applications',
    '/applications/new',
    '/applications/atlas',
    '/applications/atlas?view=logs',
    '/applications/atlas?view=releases',
    '/applications/atlas?view=operations',
    '/applications/atlas?view=blueprint',
    '/containers',
    '/containers?q=colour:red',
    `/containers/h1/${id}`,
    `/containers/h1/${id}?view=log`,
    `/containers/h1/${web?.Id}?view=terminal`,
    '/hosts',
    '/hosts?add=1',
    '/hosts/h1',
    '/operations',
    `/operations/${items[0]?.id}`,
    '/logs?app=atlas',
    '/access',
    '/settings',
    '/nowhere',
  ]) {
    await page.goto(house.lighthouse.at(path));
    await expect(page.getByRole('heading', { level: 1 }).first(), path).toBeVisible();
    await expect(page.getByRole('main'), path).not.toContainText('Loading…');
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(widest, `${path} is wider than the screen`).toBeLessThanOrEqual(390);
    await expect(page.getByRole('button', { name: /^\s*$/ }), path).toHaveCount(0);
    await expect(page.getByRole('textbox', { name: /^\s*$/ }), path).toHaveCount(0);
    await expect(page, path).toHaveTitle(/.+ · Lighthouse$/);
  }
  await ada.removes('atlas');
  await remove(fleet.host('h1'), name);
});

test('the colours that one chose are there at the first paint', async ({ page, house, as }) => {
  await as(house.viewer);
  await open(page, house.lighthouse.at('/'));
  const paper = () => page.evaluate(() => getComputedStyle(document.body).color);
  const light = await paper();
  await page.getByLabel(/^Account of/).click();
  const turn = page.getByRole('button', { name: /^Colours:/ });
  while (!/dark/.test(await turn.innerText())) await turn.click();
  expect(await paper()).not.toBe(light);
  const dark = await paper();
  const answer = await page.reload();
  // The server knows: no page flashes in the other scheme.
  expect(await answer?.text()).toMatch(/data-scheme="dark"/);
  await hydrated(page);
  expect(await paper()).toBe(dark);
});

test('the search finds what one means by keyboard alone', async ({ page, house, as }) => {
  await as(house.viewer);
  await open(page, house.lighthouse.at('/'));
  await page.keyboard.press('Control+k');
  await page.keyboard.type('h2');
  await expect(page.getByRole('dialog')).toContainText('host');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/(hosts\/h2|containers\?q=h2)/);
});

test('administration is there when one comes from another page @phone', async ({ page, house, as }) => {
  await as(house.administrator);
  await open(page, house.lighthouse.at('/'));
  await go(page, 'Hosts');
  // It comes a moment after the page.
  await page.getByRole('button', { name: 'New pool' }).waitFor();
  await page.getByRole('button', { name: 'Add host' }).click();
  await expect(page.getByRole('dialog', { name: 'Add host' })).toBeVisible();
  await page.keyboard.press('Escape');
  await go(page, 'Access');
  await expect(page.getByRole('main')).toContainText(house.viewer.name);
  await go(page, 'Settings');
  await expect(page.getByRole('main')).toContainText('New password');
});
