// Logs: many instances merged, and never in the way of the one who reads.
import { expect, open, test } from '../fixtures';
import { remove, run } from '../fixtures/docker';

test.afterEach(async ({ fleet }) => {
  await remove(fleet.host('h1'), '');
});

test('following stops when one scrolls up, and says how much is new', async ({ page, house, as, fleet }) => {
  await as(house.viewer);
  const id = await run(fleet.host('h1'), { name: 'talker', command: ['chatty', '50'] });
  await open(page, house.lighthouse.at(`/containers/h1/${id}?view=log`));
  const log = page.getByRole('log');
  await expect(log).toContainText('the quick brown fox');
  await expect
    .poll(() => log.evaluate((element) => element.scrollHeight - element.clientHeight), { timeout: 15_000 })
    .toBeGreaterThan(400);
  await expect(page.getByRole('button', { name: /follow$/i })).toHaveCount(0);

  await log.hover();
  await page.mouse.wheel(0, -300);
  const follow = page.getByRole('button', { name: /follow$/i });
  await expect(follow).toContainText(/[1-9]\d* new lines?, follow/);
  const at = await log.evaluate((element) => element.scrollTop);
  const count = async () => Number(/\d+/.exec(await follow.innerText())?.[0]);
  const before = await count();
  await expect.poll(count).toBeGreaterThan(before + 20);
  // What one reads stays where it is.
  expect(await log.evaluate((element) => element.scrollTop)).toBe(at);
  await follow.click();
  await expect(follow).toHaveCount(0);
  await expect
    .poll(() => log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight))
    .toBeLessThan(40);
});

test('colours are colours, and every other escape is text', async ({ page, house, as, fleet }) => {
  await as(house.viewer);
  const say = String.raw`printf '\033[31mred\033[0m plain \033[38;2;0;255;0mgreen\033[0m\n'; printf 'a\033]0;owned\007b\n'; printf '<b>bold</b><script>alert(1)</script>\n'; sleep 1000`;
  const id = await run(fleet.host('h1'), { name: 'painter', image: 'busybox:latest', command: ['sh', '-c', say] });
  await open(page, house.lighthouse.at(`/containers/h1/${id}?view=log`));
  const log = page.getByRole('log');
  await expect(log.getByText('red', { exact: true })).toHaveCSS('color', /rgb/);
  const colour = (text: string) =>
    log.getByText(text, { exact: true }).evaluate((element) => getComputedStyle(element).color);
  const plain = await log.evaluate((element) => getComputedStyle(element).color);
  expect(await colour('red')).not.toBe(plain);
  expect(await colour('green')).not.toBe(plain);
  expect(await colour('green')).not.toBe(await colour('red'));
  // The escape can be seen, and nothing of the page was renamed or made bold.
  await expect(log).toContainText(/a.*\]0;owned.*b/);
  await expect(log).toContainText('<b>bold</b><script>alert(1)</script>');
  await expect(log.getByRole('strong')).toHaveCount(0);
  await expect(page).toHaveTitle(/painter/);
});

test('the log of an application is filtered by level, text and instance @phone', async ({ page, house, as }) => {
  await as(house.viewer);
  await house.administrator.runs('chorus', `services:
  orders:
    image: sample:1
    command: ["worker", "50"]
    x-lighthouse: {placement: spread}
    deploy: {replicas: 2}
`);
  await open(page, house.lighthouse.at('/logs'));
  await page.getByRole('navigation', { name: 'Applications' }).getByRole('link', { name: 'chorus' }).click();
  const log = page.getByRole('log');
  await expect(log).toContainText('orders-1');
  await expect(log).toContainText('orders-2');
  await expect(log).toContainText('looked up the price');

  const level = page.getByRole('combobox', { name: 'Level' });
  await level.selectOption('Errors only');
  await expect(log).toContainText('the printer is out of paper');
  await expect(log).not.toContainText('looked up the price');
  await level.selectOption('Warnings and up');
  await expect(log).toContainText('the queue is longer than usual');
  await expect(log).not.toContainText('took an order');
  await level.selectOption('All levels');

  await page.getByRole('searchbox', { name: 'Find in log' }).fill('RECEIPT');
  await expect(log).toContainText('wrote the receipt');
  await expect(log).not.toContainText('took an order');
  // They stand in the order in which they began to be heard.
  const instance = page.getByRole('combobox', { name: 'Instance' });
  await instance.selectOption(await instance.getByRole('option', { name: /orders-1/ }).innerText());
  await expect(log).not.toContainText('orders-2');
  await expect(log).toContainText('orders-1');
  await house.administrator.removes('chorus');
});
