// One container: what happened to it, what it uses, what it says, and a terminal inside it.
import { type Page } from '@playwright/test';
import { expect, open, test } from '../fixtures';
import { remove, run } from '../fixtures/docker';

test.afterEach(async ({ fleet }) => {
  for (const host of fleet.hosts) await remove(host, '');
});

/** The text of the terminal's screen, as it can be read. */
const screen = (page: Page) => page.getByRole('region', { name: 'Terminal' }).locator('.xterm-rows');

test('a container tells its history, its figures and its log @phone', async ({ page, house, as, fleet }) => {
  await as(house.operator);
  const id = await run(fleet.host('h1'), {
    name: 'teller',
    command: ['worker', '100'],
    environment: ['PASSPHRASE=open-sesame'],
  });
  await open(page, house.lighthouse.at(`/containers/h1/${id}`));
  await expect(page.getByRole('heading', { name: 'teller', level: 1 })).toBeVisible();
  // Figures arrive while one looks.
  await expect(page.getByRole('figure').filter({ hasText: 'CPU' })).toContainText(/\d+\.\d %/);
  await expect(page.getByRole('figure').filter({ hasText: 'Memory' })).toContainText(/\d [KMG]iB of \d/);
  await page.getByText(/^Environment \(/).click();
  await expect(page.getByText('open-sesame')).toHaveCount(0);

  const history = page.getByRole('region', { name: 'What happened' });
  await expect(history).toContainText('running');
  await page.getByRole('button', { name: 'Stop teller' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Stopping teller.' })).toBeVisible();
  await expect(history).toContainText(/stopped|finished|exited/);
  await expect(page.getByRole('figure')).toHaveCount(0);
  await page.getByRole('button', { name: 'Start teller', exact: true }).click();
  await expect(page.getByRole('figure').first()).toContainText(/\d+\.\d %/);

  await page.getByRole('navigation', { name: 'Parts of the container' }).getByRole('link', { name: 'Log' }).click();
  await expect(page.getByRole('log')).toContainText('took an order');
  await expect(page.getByRole('log')).toContainText('the printer is out of paper');

  await page.getByRole('button', { name: 'Remove teller' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('This container is gone.');
});

test('a terminal answers, follows the size of the window, and believes nothing @base-path', async ({
  page,
  house,
  as,
  fleet,
}) => {
  await as(house.administrator);
  const id = await run(fleet.host('h2'), { name: 'box', image: 'busybox:latest', command: ['sleep', '1000'] });
  await open(page, house.lighthouse.at(`/containers/h2/${id}`));
  await page.getByRole('link', { name: 'Terminal' }).click();
  const terminal = page.getByRole('region', { name: 'Terminal' });
  await expect(terminal.getByRole('status')).toContainText('Connected to /bin/sh');
  await terminal.getByRole('textbox').focus();
  await page.keyboard.type('echo hi-$((40+2))\n');
  await expect(screen(page)).toContainText('hi-42');

  const size = async () => {
    await page.keyboard.type('clear; stty size\n');
    await expect(screen(page)).toContainText(/\d+ \d+/);
    const [, rows, columns] = /(\d+) (\d+)/.exec(await screen(page).innerText()) ?? [];
    return { rows: Number(rows), columns: Number(columns) };
  };
  const wide = await size();
  await page.setViewportSize({ width: 900, height: 700 });
  await expect(async () => {
    const narrow = await size();
    expect(narrow.columns).toBeLessThan(wide.columns);
  }).toPass({ timeout: 5_000 });

  // No title, no clipboard, no reply in the person's name.
  const title = await page.title();
  await page.keyboard.type(String.raw`clear; printf '\033]0;owned\007\033]52;c;b3duZWQ=\007\033[c\033[6n'; echo; echo said`);
  await page.keyboard.press('Enter');
  await expect(screen(page)).toContainText(/^said/m);
  expect(await page.title()).toBe(title);
  await page.keyboard.type('exit\n');
  await expect(terminal.getByRole('status')).toContainText(/ended/i);
  await terminal.getByRole('button', { name: 'Open again' }).click();
  await expect(terminal.getByRole('status')).toContainText('Connected');
});

test('whoever may not open a terminal has none, whatever the address says', async ({ page, house, as, fleet }) => {
  const id = await run(fleet.host('h1'), { name: 'closed', command: ['clock'] });
  for (const person of [house.viewer, house.operator]) {
    await as(person);
    await open(page, house.lighthouse.at(`/containers/h1/${id}?view=terminal`));
    await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Terminal' })).toHaveCount(0);
    await expect(page.getByRole('link', { name: 'Terminal' })).toHaveCount(0);
  }
});

test('a container that failed says why', async ({ page, house, as, fleet }) => {
  await as(house.viewer);
  const id = await run(fleet.host('h3'), { name: 'sad', command: ['crash', 'no', 'ledger'] });
  await open(page, house.lighthouse.at('/'));
  await page.getByRole('region', { name: 'Needs attention' }).getByRole('link', { name: 'sad' }).click();
  await expect(page).toHaveURL(house.lighthouse.at(`/containers/h3/${id}`));
  await expect(page.getByRole('main')).toContainText('exited 1');
  await page.getByRole('link', { name: 'Read its log' }).click();
  await expect(page.getByRole('log')).toContainText('fatal: no ledger');
});
