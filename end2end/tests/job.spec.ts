// The main job, from the one-time link to the removal of an application, as a newcomer does it.
import type { Page } from '@playwright/test';
import { type Fleet, PASSWORD, expect, go, hydrated, open, sentence, test } from '../fixtures';
import { names, remove, run } from '../fixtures/docker';

const SHOP = `name: shop
services:
  web:
    image: sample:1
    command: ["web"]
    x-lighthouse: {placement: spread}
    deploy: {replicas: 2}
  orders:
    image: sample:1
    command: ["worker", "200"]
    x-lighthouse: {placement: spread}
    deploy: {replicas: 3}
`;

async function addHost(page: Page, fleet: Fleet, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Add host' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add host' });
  await dialog.getByLabel('Host name').fill(name);
  await dialog.getByLabel('Unix socket').check();
  await dialog.getByLabel('Socket path').fill(fleet.host(name).socket);
  await dialog.getByRole('button', { name: 'Add host' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name }).first()).toContainText(fleet.host(name).version);
}

test('from the first link to the removal of an application @phone @base-path', async ({
  page,
  fleet,
  launch,
  another,

}) => {
  test.setTimeout(120_000);
  const first = fleet.host('h1');
  await run(first, { name: 'old-timer', command: ['clock'] });
  await run(first, { name: 'broken', command: ['crash'] });
  const lighthouse = await launch({ dockerHost: `unix://${first.socket}` });
  const onPage = (path: string) => open(page, lighthouse.at(path));

  await test.step('the one-time link makes the administrator', async () => {
    await page.goto(lighthouse.at(`/setup?token=${lighthouse.token}`));
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await expect(page).toHaveURL(lighthouse.at('/'));
    await hydrated(page);
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
    // The engine that DOCKER_HOST names is there already, and what is wrong on it comes first.
    await expect(page.getByRole('link', { name: 'broken' }).first()).toBeVisible();
  });

  await test.step('every container of the first engine is there, and a new one appears', async () => {
    await go(page, 'Containers');
    await expect(page.getByRole('row', { name: 'old-timer' })).toContainText('running');
    await expect(page.getByRole('row', { name: 'broken' })).toContainText('1');
    await run(first, { name: 'newcomer', command: ['clock'] });
    await expect(page.getByRole('row', { name: 'newcomer' })).toContainText('running', { timeout: 2_000 });
  });

  await test.step('two more hosts are added', async () => {
    await onPage('/hosts');
    await addHost(page, fleet, 'h2');
    await addHost(page, fleet, 'h3');
  });

  await test.step('the plan says where each instance goes, and why', async () => {
    await onPage('/applications');
    await page.getByRole('link', { name: 'New application' }).first().click();
    await page.getByRole('textbox', { name: 'Blueprint' }).fill(SHOP);
    const places = page.getByRole('region', { name: 'Where it goes' });
    await expect(places).toContainText('It can be deployed.');
    for (const instance of ['web-1', 'web-2', 'orders-1', 'orders-2', 'orders-3']) {
      const place = places.getByRole('listitem').filter({ has: page.getByText(instance, { exact: true }) });
      await expect(place.first()).toContainText(/on [a-z0-9-]+/);
      await expect(place.first().getByRole('listitem').first()).not.toBeEmpty();
    }
    await expect(page.getByRole('region', { name: 'What it means' })).toContainText('3 instances of sample:1');
  });

  const viewer = await another();
  await viewer.context().addCookies(await page.context().cookies());
  let operation = '';

  await test.step('the deploy is watched until every step has succeeded, by two at once', async () => {
    await page.getByLabel('Reason').fill('first try');
    await page.getByRole('button', { name: 'Deploy' }).click();
    await expect(page).toHaveURL(/\/operations\/[0-9a-f-]+$/);
    operation = page.url();
    await open(viewer, operation);
    for (const one of [page, viewer]) {
      await expect(one.getByRole('heading', { name: 'Deploy shop' })).toBeVisible();
      await expect(sentence(one)).toHaveText('All 5 instances run release 1.', { timeout: 30_000 });
      for (const row of ['web-1', 'web-2', 'orders-1', 'orders-2', 'orders-3']) {
        await expect(one.getByRole('row', { name: row })).toContainText('succeeded');
      }
    }
    const told = await page.getByRole('table').innerText();
    await page.reload();
    await hydrated(page);
    expect(await page.getByRole('table').innerText()).toBe(told);
    await expect(viewer.getByRole('table')).toHaveText((await page.getByRole('table').textContent()) ?? '');
  });

  await test.step('the merged log has lines of several hosts', async () => {
    await onPage('/applications/shop?view=logs');
    const log = page.getByRole('log');
    for (const instance of ['orders-1', 'orders-2', 'orders-3']) {
      await expect(log.getByText(instance).first()).toBeVisible();
    }
    await expect(log).toContainText('took an order');
  });

  await test.step('a service is scaled from 2 to 5', async () => {
    await onPage('/applications/shop');
    await page.getByRole('spinbutton', { name: 'Replicas of web' }).fill('5');
    await page.getByRole('button', { name: 'Scale web' }).click();
    await expect(page.getByRole('heading', { name: 'Scale shop' })).toBeVisible();
    await expect(sentence(page)).toHaveText(/^All \d instances run/, { timeout: 30_000 });
    await onPage('/applications/shop');
    await expect(page.getByRole('row', { name: /^web/ })).toContainText('5 of 5');
    const there = await Promise.all(fleet.hosts.map((host) => names(host, 'shop-web-')));
    expect(there.flat()).toHaveLength(5);
    expect(there.filter((list) => list.length > 0).length).toBeGreaterThan(1);
  });

  await test.step('the application is removed, and the page says what happened to what', async () => {
    await page.getByRole('button', { name: 'Remove shop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove shop?' });
    await expect(dialog).toContainText('web-5 on');
    await dialog.getByRole('button', { name: 'Remove application' }).click();
    await expect(page.getByRole('heading', { name: 'Remove shop' })).toBeVisible();
    await expect(sentence(page)).toHaveText(/^All \d instances are removed/, { timeout: 40_000 });
    await expect(page.getByRole('row', { name: 'web-5' })).toContainText('succeeded');
    for (const host of fleet.hosts) expect(await names(host, 'shop-')).toEqual([]);
    // What was there before the console is untouched.
    expect(await names(first, 'old-timer')).toEqual(['old-timer']);
    await onPage('/applications');
    await expect(page.getByText('No application yet')).toBeVisible();
  });

  await Promise.all(['old-timer', 'broken', 'newcomer'].map((name) => remove(first, name)));
});
