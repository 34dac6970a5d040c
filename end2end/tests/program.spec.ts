// The program itself: that it starts, serves a page that works, and keeps the browser's console clean.
import { expect, open, test } from '../fixtures';

test('a stranger is sent to the form for the first administrator or for signing in @phone @base-path', async ({
  page,
  lighthouse,
}) => {
  await open(page, lighthouse.at('/'));
  await expect(page).toHaveURL(/\/(setup|login)\b/);
  await expect(page.getByRole('main')).toBeVisible();
});

test('the reading pages need no script @no-script', async ({ page, lighthouse }) => {
  await page.goto(lighthouse.at('/'));
  await expect(page).toHaveURL(/\/(setup|login)\b/);
  await expect(page.getByRole('main')).toBeVisible();
});

test('health is answered to anybody', async ({ request, lighthouse }) => {
  expect((await request.get(lighthouse.at('/healthz'))).status()).toBe(200);
  expect((await request.get(lighthouse.at('/readyz'))).status()).toBe(200);
});
