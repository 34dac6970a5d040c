// One list over all hosts, with more in it than fits on the screen.
import { expect, open, sentence, test } from '../fixtures';
import { ask, remove, run } from '../fixtures/docker';

test.beforeAll(async ({ fleet }) => {
  // 60: on each host 8 that run, 11 that were made and never started, and one that failed.
  await Promise.all(
    fleet.hosts.map(async (host) => {
      for (let n = 1; n <= 8; n++) await run(host, { name: `x-${host.name}-${n}`, command: ['clock'] });
      for (let n = 1; n <= 11; n++) {
        await run(host, { name: `y-${host.name}-${n}`, command: ['clock'], created: true });
      }
      await run(host, { name: `z-${host.name}`, command: ['exit', '3'] });
    }),
  );
});

test.afterAll(async ({ fleet }) => {
  for (const host of fleet.hosts) await remove(host, '');
});

test('sixty containers are listed, found, sorted and scrolled @phone', async ({ page, house, as, fleet }) => {
  await as(house.viewer);
  await open(page, house.lighthouse.at('/containers'));
  const rows = page.getByRole('row').filter({ has: page.getByRole('rowheader') });
  await expect(page.getByText('60 containers')).toBeVisible();
  await expect(rows).toHaveCount(60);
  // Trouble first.
  for (const at of [0, 1, 2]) await expect(rows.nth(at)).toContainText('exited 3');
  await rows.last().scrollIntoViewIfNeeded();
  await expect(rows.last()).toBeInViewport();

  const query = page.getByRole('searchbox', { name: 'Query' });
  await query.fill('state:running name:x*');
  await expect(page.getByText('24 containers')).toBeVisible();
  await expect(rows).toHaveCount(24);
  await expect(page).toHaveURL(/q=state:running%20name:x\*/);
  await query.fill('state:running name:x* -host:h2 image~SAMPLE');
  await expect(rows).toHaveCount(16);
  await query.fill('state:created host:h3');
  await expect(rows).toHaveCount(11);
  await query.fill('name:nowhere');
  await expect(page.getByText('No container matches.')).toBeVisible();
  await query.fill('colour:red');
  await expect(page.getByRole('alert')).toContainText('The query cannot be read');
  await expect(rows).toHaveCount(60);

  await query.fill('name:x-*');
  await expect(rows).toHaveCount(24);
  const header = page.getByRole('columnheader', { name: 'Name' });
  if (await header.isVisible()) {
    await header.getByRole('link').click();
    await expect(page).toHaveURL(/sort=name/);
    await expect(header).toHaveAttribute('aria-sort', 'ascending');
    await expect(rows.first()).toContainText('x-h1-1');
    await header.getByRole('link').click();
    await expect(header).toHaveAttribute('aria-sort', 'descending');
    await expect(rows.first()).toContainText('x-h3-8');
  }
  // The address is the whole view: a reload shows the same.
  const first = await rows.first().getByRole('rowheader').innerText();
  await page.reload();
  await expect(rows).toHaveCount(24);
  await expect(rows.first().getByRole('rowheader')).toHaveText(first);

  // What others do is seen at once.
  await ask(fleet.host('h1'), 'POST', '/containers/x-h1-4/kill');
  await expect(page.getByRole('row', { name: 'x-h1-4' })).toContainText(/stopped|exited/, { timeout: 2_000 });
  await ask(fleet.host('h1'), 'POST', '/containers/x-h1-4/start');
  await expect(page.getByRole('row', { name: 'x-h1-4' })).toContainText('running', { timeout: 2_000 });
});

test('several containers are stopped as one operation', async ({ page, house, as }) => {
  await as(house.operator);
  await open(page, house.lighthouse.at('/containers?q=name:x-h*-1&sort=name'));
  for (const host of ['h1', 'h2', 'h3']) {
    await page.getByRole('checkbox', { name: `Select x-${host}-1` }).check();
  }
  const bulk = page.getByRole('toolbar', { name: 'Selected containers' });
  await expect(bulk).toContainText('3 selected');
  await bulk.getByRole('button', { name: 'Stop the selected containers' }).click();
  const notice = page.getByRole('status').filter({ hasText: 'Stopping 3 containers.' });
  await expect(notice).toBeVisible();
  for (const host of ['h1', 'h2', 'h3']) {
    await expect(page.getByRole('row', { name: `x-${host}-1` })).not.toContainText('running');
  }
  await notice.getByRole('link', { name: 'Watch it' }).click();
  await expect(sentence(page)).toHaveText('All 3 containers are stopped.', { timeout: 20_000 });
  for (const host of ['h1', 'h2', 'h3']) {
    await expect(page.getByRole('row', { name: `x-${host}-1` })).toContainText('succeeded');
  }
});

test('a container is removed after being asked for', async ({ page, house, as }) => {
  await as(house.operator);
  await open(page, house.lighthouse.at('/containers?q=name:y-h1-1'));
  await page.getByRole('button', { name: 'Remove y-h1-1' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove y-h1-1?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: 'y-h1-1' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove y-h1-1' }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('No container matches.')).toBeVisible();
});
