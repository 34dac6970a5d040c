// Who comes in, where they come out, and what other tabs make of it.
import { PASSWORD, Person, expect, go, hydrated, open, test } from '../fixtures';

test('a deep link survives the sign-in, and a wrong password is said so @phone @base-path', async ({
  page,
  house: { lighthouse, administrator },
  trouble,
}) => {
  // The browser reports every answer that refuses.
  trouble.expect(/status of 401/);
  const deep = '/containers?q=state:running%20host:h*&sort=name&order=desc';
  await page.goto(lighthouse.at(deep));
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('Name').fill(administrator.name);
  await page.getByLabel('Password').fill('not the right one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const wrong = page.getByRole('alert');
  await expect(wrong).toBeVisible();
  const words = await wrong.innerText();
  // The name stays, the place stays; the password does not.
  await expect(page.getByLabel('Name')).toHaveValue(administrator.name);
  await expect(page.getByLabel('Password')).toHaveValue('');

  // Somebody unknown is told the same.
  await page.getByLabel('Name').fill('nobody');
  await page.getByLabel('Password').fill('not the right one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(wrong).toHaveText(words);

  await page.getByLabel('Name').fill(administrator.name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(lighthouse.at(deep));
  await hydrated(page);
  await expect(page.getByRole('searchbox', { name: 'Query' })).toHaveValue('state:running host:h*');
  // A phone shows cards without the row of headings, which is there all the same.
  const name = page.getByRole('columnheader', { name: 'Name', includeHidden: true });
  await expect(name).toHaveAttribute('aria-sort', 'descending');
});

test('the one-time link makes one administrator and no second', async ({ page, launch, trouble }) => {
  const lighthouse = await launch();
  // The browser reports every answer that refuses.
  trouble.expect(/status of 4\d\d/);
  await page.goto(lighthouse.at('/'));
  await expect(page).toHaveURL(/\/(setup|login)\b/);
  await page.goto(lighthouse.at(`/setup?token=${lighthouse.token}`));
  await page.getByLabel('Name').fill('Ada Lovelace!');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Name')).toHaveValue('Ada Lovelace!');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await hydrated(page);
  // No engine was found: the page says what was tried and what to do.
  await expect(page.getByRole('heading', { name: 'No host yet' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('no-engine.sock');
  await expect(page.getByRole('main').getByRole('link', { name: 'Add host' })).toHaveAttribute('href', /\/hosts\?add=1$/);
  await open(page, lighthouse.at('/hosts?add=1'));
  await expect(page.getByRole('dialog', { name: 'Add host' })).toBeVisible();

  await page.context().clearCookies();
  await page.goto(lighthouse.at(`/setup?token=${lighthouse.token}`));
  if ((await page.getByRole('button', { name: 'Create administrator' }).count()) > 0) {
    await page.getByLabel('Name').fill('eve');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  }
  await expect(Person.signIn(lighthouse, 'eve')).rejects.toThrow();
});

test('back, forward, reload and a second tab show what they should', async ({ page, house, as }) => {
  const { lighthouse } = house;
  await as(house.administrator);
  await open(page, lighthouse.at('/'));
  await go(page, 'Containers');
  await expect(page.getByRole('heading', { name: 'Containers', level: 1 })).toBeVisible();
  await go(page, 'Hosts');
  await expect(page.getByRole('row', { name: 'h1' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Containers', level: 1 })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible();
  await page.goForward();
  await page.goForward();
  await expect(page).toHaveURL(lighthouse.at('/hosts'));
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole('row', { name: 'h1' })).toBeVisible();
  const second = await page.context().newPage();
  await open(second, lighthouse.at('/hosts/h2'));
  await expect(second.getByRole('heading', { name: 'h2', level: 1 })).toBeVisible();
  await second.close();
});

test('a sign-out in another tab closes this one, and back shows nothing @phone', async ({ page, house, as }) => {
  const { lighthouse } = house;
  await as(await Person.signIn(lighthouse, house.administrator.name));
  await open(page, lighthouse.at('/hosts?x=1'));
  const other = await page.context().newPage();
  await open(other, lighthouse.at('/containers'));
  await other.getByLabel(/^Account of/).click();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other).toHaveURL(/\/login/);
  // The first tab is told; it would come back to where it was.
  await expect(page).toHaveURL(/\/login\?next=.*hosts/, { timeout: 6_000 });
  await other.goBack();
  await expect(other).toHaveURL(/\/login/);
  await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('signing in and reading need no script @no-script', async ({ page, house: { lighthouse, administrator } }) => {
  await administrator.runs('plain', 'services:\n  web:\n    image: sample:1\n');
  await page.goto(lighthouse.at('/applications'));
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('Name').fill(administrator.name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(lighthouse.at('/applications'));

  await page.getByRole('link', { name: 'plain' }).click();
  await expect(page.getByRole('heading', { name: 'plain' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('running');
  await page.getByRole('link', { name: 'Blueprint' }).click();
  await expect(page.getByText('image: sample:1')).toBeVisible();

  await go(page, 'Overview');
  await expect(page.getByRole('heading', { name: 'Needs attention' })).toBeVisible();
  for (const host of ['h1', 'h2', 'h3']) {
    await expect(page.getByRole('main').getByRole('link', { name: host }).first()).toBeVisible();
  }
  await go(page, 'Containers');
  await page.getByRole('searchbox', { name: 'Query' }).fill('app:plain');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/q=app%3Aplain/);
  await page.getByRole('link', { name: 'plain-web-1' }).click();
  await expect(page.getByRole('heading', { name: 'What happened' })).toBeVisible();

  await go(page, 'Hosts');
  await page.getByRole('link', { name: 'h2' }).first().click();
  await expect(page.getByRole('heading', { name: 'h2' })).toBeVisible();
  await go(page, 'Operations');
  await page.getByRole('link', { name: 'Deploy plain' }).click();
  await expect(page.getByText('The instance runs release 1.')).toBeVisible();

  await page.getByLabel(/^Account of/).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login/);
  await administrator.removes('plain');
});
