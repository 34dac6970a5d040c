// Engines that hang and die, and a console that is killed: while somebody watches, and in the middle of a deploy.
import type { Page } from '@playwright/test';
import { Person, expect, go, open, sentence, test, until } from '../fixtures';
import { names, remove, run } from '../fixtures/docker';

/** Takes a while: every instance has to become healthy, which `slow-health` is only after some seconds. */
const slow = (seconds: number, replicas: number) => `services:
  web:
    image: sample:1
    command: ["slow-health", "${seconds}"]
    restart: unless-stopped
    healthcheck: {test: ["CMD", "/sample", "check"], interval: 1s, timeout: 2s, retries: 30}
    x-lighthouse: {placement: spread}
    deploy: {replicas: ${replicas}}
`;

/** What stands beside the person's name: whether the page is live. */
const indicator = (page: Page) => page.getByRole('banner').getByRole('status');

/** Waits until an operation's page tells of its end. */
async function ended(page: Page): Promise<void> {
  await expect(page.getByText(/ · took /)).toBeVisible({ timeout: 60_000 });
}

test.afterEach(async ({ fleet }) => {
  for (const host of fleet.hosts) {
    await fleet.let('resume', host.name).catch(() => undefined);
    await fleet.let('restart', host.name).catch(() => undefined);
    await remove(host, '');
  }
});

test('an engine that hangs is said so since when, and the others stay live', async ({
  page,
  house,
  as,
  fleet,
  another,
}) => {
  await as(house.administrator);
  const { lighthouse } = house;
  await run(fleet.host('h1'), { name: 'ok-one', command: ['clock'] });
  await run(fleet.host('h3'), { name: 'ok-three', command: ['clock'] });
  await open(page, lighthouse.at('/containers?q=ok-'));
  const three = page.getByRole('row', { name: 'ok-three' });
  await expect(three).toContainText('running');
  const hosts = await another();
  await as(house.viewer, hosts);
  await open(hosts, lighthouse.at('/hosts'));

  await fleet.let('pause', 'h3');
  await expect(hosts.getByRole('row', { name: 'h3' })).toContainText(/not answering\s*since/, { timeout: 12_000 });
  // The last state stays, and is told to be old.
  await expect(three).toContainText('running');
  await expect(three).toContainText(/as of .* ago/);
  await expect(page.getByText('Not answering: h3. Containers there are shown as last known.')).toBeVisible();
  await expect(indicator(page)).toContainText('1 host not answering');
  await expect(page.getByRole('row', { name: 'ok-one' })).not.toContainText('as of');
  // The others are as live as ever.
  await run(fleet.host('h1'), { name: 'ok-late', command: ['clock'] });
  await expect(page.getByRole('row', { name: 'ok-late' })).toContainText('running', { timeout: 2_000 });
  // A page opened now says the same.
  const fresh = await another();
  await as(house.viewer, fresh);
  await open(fresh, lighthouse.at('/'));
  await expect(fresh.getByRole('main')).toContainText('h3');
  await expect(fresh.getByRole('main')).toContainText(/not answering|down/);
  await expect(hosts.getByRole('row', { name: 'h3' })).toContainText(/down.*since/s, { timeout: 10_000 });

  await fleet.let('resume', 'h3');
  await expect(three).not.toContainText('as of', { timeout: 15_000 });
  await expect(page.getByText('Not answering: h3')).toBeHidden();
  await expect(hosts.getByRole('row', { name: 'h3' })).toContainText('up, Docker');
  await expect(indicator(page)).toContainText(/^live/);
});

test('an engine that is killed in the middle of a deploy is never called deployed', async ({
  page,
  house,
  as,
  fleet,
}) => {
  test.setTimeout(120_000);
  await as(house.operator);
  const operation = await house.operator.deploys('doomed', slow(6, 6));
  await open(page, house.lighthouse.at(`/operations/${operation}`));
  await until('an instance on h3 is made', async () => (await names(fleet.host('h3'), 'doomed-')).length > 0);
  await fleet.let('kill', 'h3');
  await expect(indicator(page)).toContainText('1 host not answering', { timeout: 15_000 });
  // The others come up; nobody claims the rest.
  await expect(page.getByRole('row', { name: /web-\d/ }).filter({ hasNotText: 'h3' }).first()).toContainText('succeeded');
  await expect(sentence(page)).not.toContainText(/^All/);
  await fleet.let('restart', 'h3');
  await ended(page);
  const words = await sentence(page).innerText();
  if (/^All/.test(words)) {
    const running = await Promise.all(fleet.hosts.map((host) => names(host, 'doomed-', 'running')));
    expect(running.flat()).toHaveLength(6);
  } else {
    expect(words).toMatch(/of 6 instances/);
  }
  await page.reload();
  await expect(sentence(page)).toHaveText(words);
});

test('an engine that hangs in the middle of a deploy keeps nobody in the dark', async ({ page, house, as, fleet }) => {
  test.setTimeout(150_000);
  await as(house.operator);
  const operation = await house.operator.deploys('stuck', slow(4, 3));
  await open(page, house.lighthouse.at(`/operations/${operation}`));
  await until('an instance on h2 is made', async () => (await names(fleet.host('h2'), 'stuck-')).length > 0);
  await fleet.let('pause', 'h2');
  await expect(indicator(page)).toContainText('1 host not answering', { timeout: 12_000 });
  await expect(sentence(page)).not.toContainText(/^All/);
  await fleet.let('resume', 'h2');
  await ended(page);
  // It may have had enough time or not: the sentence says what is there.
  const there = (await Promise.all(fleet.hosts.map((host) => names(host, 'stuck-')))).flat();
  if (/^All/.test(await sentence(page).innerText())) expect(there).toHaveLength(3);
});

test('a console that is killed during a deploy finds the operation again', async ({
  page,
  launch,
  as,
  fleet,
  trouble,
}) => {
  test.setTimeout(120_000);
  // The page asks again and again while nobody is there.
  trouble.expect(/WebSocket connection to .* failed/);
  const lighthouse = await launch();
  const ada = await Person.first(lighthouse);
  await ada.adds(...fleet.hosts);
  await as(ada);
  const operation = await ada.deploys('phoenix', slow(5, 3));
  await open(page, lighthouse.at(`/operations/${operation}`));
  await until('an instance is made', async () => (await names(fleet.host('h1'), 'phoenix-')).length > 0);
  await lighthouse.kill();
  await expect(indicator(page)).toContainText('connection lost');
  await lighthouse.start();
  // The page comes back by itself and is told how it went on.
  await expect(indicator(page)).toContainText(/^live/, { timeout: 15_000 });
  await ended(page);
  const words = await sentence(page).innerText();
  const there = (await Promise.all(fleet.hosts.map((host) => names(host, 'phoenix-')))).flat();
  if (/^All/.test(words)) {
    expect(there).toEqual(expect.arrayContaining(['phoenix-web-1', 'phoenix-web-2', 'phoenix-web-3']));
  } else {
    await expect(sentence(page)).toContainText(/of 3 instances/);
  }
  // Nothing was made twice.
  expect(there.length).toBeLessThanOrEqual(3);
  await go(page, 'Operations');
  await expect(page.getByRole('listitem').filter({ hasText: 'Deploy phoenix' })).toContainText(words);
});
