// What the deploy page makes of what people write, good and bad.
import { expect, open, sentence, test } from '../fixtures';
import { names, remove, run } from '../fixtures/docker';

test('a mistake is shown at its line, and nothing that was written is lost @phone', async ({ page, house, as }) => {
  await as(house.operator);
  await open(page, house.lighthouse.at('/applications/new'));
  const blueprint = page.getByRole('textbox', { name: 'Blueprint' });
  const findings = page.getByRole('list').filter({ has: page.getByRole('button', { name: /^Line / }) });
  const deploy = page.getByRole('button', { name: 'Deploy' });
  await expect(deploy).toBeDisabled();
  await page.getByLabel('Application name').fill('draft');

  // Malformed.
  const broken = 'services:\n  web:\n    image: sample:1\n   oops: [1, 2\n';
  await blueprint.fill(broken);
  await expect(findings.getByRole('button').first()).toHaveText(/^Line [345]$/);
  await expect(deploy).toBeDisabled();
  await expect(blueprint).toHaveValue(broken);

  // A key that is not known is named with its line.
  await blueprint.fill('services:\n  web:\n    image: sample:1\n    healthchek: {}\n');
  const unknown = findings.getByRole('listitem').filter({ hasText: 'healthchek' });
  await expect(unknown.getByRole('button', { name: 'Line 4' })).toBeVisible();
  await unknown.getByRole('button').click();
  await expect(blueprint).toBeFocused();
  expect(await blueprint.evaluate((area: HTMLTextAreaElement) => area.value.slice(0, area.selectionStart).split('\n').length)).toBe(4);

  // Names that are none, and aliases that explode.
  await blueprint.fill('services:\n  "../web":\n    image: sample:1\n');
  await expect(findings).toContainText('../web');
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 12; n++) {
    const [name, before] = [String.fromCharCode(97 + n), String.fromCharCode(96 + n)];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  await blueprint.fill(bomb.join('\n'));
  await expect(page.getByRole('region', { name: 'Where it goes' })).not.toContainText('Planning', { timeout: 5_000 });
  await expect(deploy).toBeDisabled();

  // What hands out the host is not an operator's.
  await blueprint.fill('services:\n  web:\n    image: sample:1\n    privileged: true\n');
  await expect(page.getByRole('main')).toContainText(/privileged/);
  await expect(page.getByRole('main')).toContainText(/administrator/);
  await expect(deploy).toBeDisabled();

  // No host has that label: each says why not.
  await blueprint.fill(
    'services:\n  web:\n    image: sample:1\n    deploy: {placement: {constraints: [node.labels.disk == ssd]}}\n',
  );
  const places = page.getByRole('region', { name: 'Where it goes' });
  await expect(places).toContainText('It cannot be deployed as it is.');
  for (const host of ['h1', 'h2', 'h3']) await expect(places.getByText(host, { exact: true })).toBeVisible();
  await expect(places).toContainText('disk');

  // Mended, it can be.
  await blueprint.fill('services:\n  web:\n    image: sample:${TAG}\n');
  await page.getByText('Variables, env files, profiles').click();
  await page.getByRole('textbox', { name: 'Variables (.env)' }).fill('TAG=2');
  await expect(page.getByRole('region', { name: 'What it means' })).toContainText('sample:2');
  await expect(deploy).toBeEnabled();
});

test('a text beyond the limit is refused in words and kept', async ({ page, house, as, trouble }) => {
  trouble.expect(/status of 4(13|22)/);
  await as(house.operator);
  await open(page, house.lighthouse.at('/applications/new'));
  await page.getByLabel('Application name').fill('huge');
  const text = `services:\n  web:\n    image: sample:1\n${'# nothing\n'.repeat(120_000)}`;
  const blueprint = page.getByRole('textbox', { name: 'Blueprint' });
  await blueprint.evaluate((area: HTMLTextAreaElement, text) => {
    area.value = text;
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }, text);
  const answer = page.getByRole('region', { name: 'Where it goes' }).getByRole('status');
  await expect(answer).toContainText('It cannot be deployed as it is.', { timeout: 20_000 });
  await expect(page.getByRole('listitem').filter({ hasText: /MiB|at most/ }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Deploy' })).toBeDisabled();
  expect(await blueprint.inputValue()).toHaveLength(text.length);
});

test('what an engine refuses is told in its place, and what ran goes on', async ({ page, house, as, fleet }) => {
  test.setTimeout(90_000);
  const one = house.administrator;
  await as(house.operator);
  const deploy = async (name: string, compose: string) => {
    await open(page, house.lighthouse.at(`/operations/${await house.operator.deploys(name, compose)}`));
    await expect(page.getByText(/ · took /)).toBeVisible({ timeout: 45_000 });
    await expect(sentence(page)).not.toContainText(/^(All|The instance)/);
  };

  await deploy('ghost', `services:\n  web:\n    image: ${fleet.registry}/nowhere:1\n`);
  await expect(page.getByRole('row', { name: /nowhere:1/ }).first()).toContainText('failed');
  await expect(page.getByRole('main')).toContainText(/h[123].*nowhere|nowhere.*h[123]/);
  await page.getByText('The engine’s words').first().click();
  await expect(page.getByText(/manifest|not found/i).first()).toBeVisible();
  expect((await Promise.all(fleet.hosts.map((host) => names(host, 'ghost-')))).flat()).toEqual([]);

  // A first process that ends at once; the release before it keeps running.
  await one.runs('steady', 'services:\n  web:\n    image: sample:1\n');
  const { generation } = await one.call<{ generation: number }>('GET', '/applications/steady');
  const { operation } = await one.call<{ operation: string }>('PUT', '/applications/steady', {
    blueprint: { compose: 'services:\n  web:\n    image: sample:1\n    command: [crash]\n    restart: "no"\n' },
    base_generation: generation,
  });
  await open(page, house.lighthouse.at(`/operations/${operation}`));
  await expect(page.getByText(/ · took /)).toBeVisible({ timeout: 45_000 });
  await expect(sentence(page)).toContainText('0 of 1 instance');
  await expect(sentence(page)).toContainText('1 runs release 1 as before');
  await open(page, house.lighthouse.at('/applications/steady'));
  await expect(page.getByRole('row', { name: /^web/ })).toContainText('1 of 1');

  // A port that somebody else has.
  const port = 18_080;
  for (const host of fleet.hosts) {
    await run(host, { name: 'squatter', image: 'busybox:latest', command: ['sleep', '1000'], publish: port });
  }
  await open(page, house.lighthouse.at('/applications/new'));
  await page.getByLabel('Application name').fill('late');
  await page
    .getByRole('textbox', { name: 'Blueprint' })
    .fill(`services:\n  web:\n    image: sample:1\n    ports: ["${port}:8080"]\n`);
  const places = page.getByRole('region', { name: 'Where it goes' });
  await expect(places).toContainText('It cannot be deployed as it is.');
  await expect(places).toContainText(String(port));
  await expect(places).toContainText('squatter');

  for (const name of ['ghost', 'steady']) await one.removes(name).catch(() => undefined);
  for (const host of fleet.hosts) await remove(host, 'squatter');
});

test('a deploy that somebody overtook is refused, and going back is a deploy', async ({ page, house, as, trouble }) => {
  trouble.expect(/status of 412/);
  const one = house.administrator;
  await one.runs('relay', 'services:\n  web:\n    image: sample:1\n');
  await as(house.operator);
  await open(page, house.lighthouse.at('/applications/relay?view=blueprint'));
  const blueprint = page.getByRole('textbox', { name: 'Blueprint' });
  await expect(blueprint).toHaveValue(/image: sample:1/);
  await expect(page.getByRole('main')).toContainText('This is what runs already.');

  const { generation } = await one.call<{ generation: number }>('GET', '/applications/relay');
  const { operation } = await one.call<{ operation: string }>('PUT', '/applications/relay', {
    blueprint: { compose: 'services:\n  web:\n    image: sample:2\n' },
    base_generation: generation,
  });
  await one.waits(operation, 'succeeded');
  const mine = 'services:\n  web:\n    image: sample:1\n    environment: {MINE: "1"}\n';
  await blueprint.fill(mine);
  // Told when planning or when pressing, whichever comes first.
  const deploy = page.getByRole('button', { name: 'Deploy' });
  await expect(page.getByRole('main')).not.toContainText(/Planning|This is what runs/);
  if (await deploy.isEnabled()) await deploy.click();
  const places = page.getByRole('region', { name: 'Where it goes' });
  await expect(places).toContainText(/Somebody changed .* in between/);
  await expect(blueprint).toHaveValue(mine);

  await open(page, house.lighthouse.at('/applications/relay?view=releases'));
  await page.getByRole('link', { name: 'Roll back to release 1' }).click();
  await expect(page.getByText('This is the blueprint of release #1.')).toBeVisible();
  await expect(blueprint).toHaveValue(/image: sample:1/);
  await page.getByLabel('Reason').fill('2 was worse');
  await deploy.click();
  await expect(sentence(page)).toHaveText('The instance runs release 3.', { timeout: 20_000 });
  await one.removes('relay');
});
