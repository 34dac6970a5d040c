// What each role finds on each page. The server's own walk proves what a call is answered; here it is what is seen.
import { expect, open, test } from '../fixtures';
import { ask, names } from '../fixtures/docker';

const VAULT = `services:
  web:
    image: sample:1
    environment: {PASSPHRASE: open-sesame}
    deploy: {replicas: 2}
`;

type Kind = 'button' | 'link' | 'spinbutton' | 'checkbox' | 'heading' | 'region';

/** Controls: where each is, what it is called, and the rank of the least role that may use it. */
const CONTROLS: [path: string, kind: Kind, name: RegExp, least: number][] = [
  ['/applications', 'link', /^New application$/, 1],
  ['/applications/new', 'button', /^Deploy$/, 1],
  ['/applications/vault', 'button', /^(Start|Stop|Restart|Remove) vault$/, 1],
  ['/applications/vault', 'spinbutton', /^Replicas of/, 1],
  ['/applications/vault', 'button', /^Scale web$/, 1],
  ['/applications/vault', 'link', /^Blueprint$/, 1],
  ['/applications/vault?view=blueprint', 'button', /^Deploy$/, 1],
  ['/containers', 'button', /^(Start|Stop|Restart|Remove) /, 1],
  ['/containers', 'checkbox', /^Select /, 1],
  ['CONTAINER', 'button', /^(Stop|Restart|Remove) /, 1],
  ['CONTAINER', 'link', /^Terminal$/, 2],
  ['CONTAINER?view=terminal', 'region', /^Terminal$/, 2],
  ['/hosts', 'button', /^Add host$/, 2],
  ['/hosts?add=1', 'heading', /^Add host$/, 2],
  ['/hosts', 'button', /^New pool$/, 2],
  ['/hosts/h1', 'button', /^Edit labels$/, 2],
  ['/hosts/h1', 'button', /^Remove host$/, 2],
  ['/', 'link', /^Access$/, 2],
  ['/access', 'heading', /^People$/, 2],
  ['/settings', 'heading', /^Registr/, 2],
];

const ROLES = ['viewer', 'operator', 'administrator'] as const;

test.beforeAll(async ({ house }) => {
  await house.administrator.runs('vault', VAULT);
});

test.afterAll(async ({ house }) => {
  await house.administrator.removes('vault');
});

for (const [rank, role] of ROLES.entries()) {
  test(`a page shows exactly what the role may do: ${role}`, async ({ page, house, as, fleet, trouble }) => {
    test.setTimeout(90_000);
    // What may not be seen is 404, and the browser reports that.
    if (role !== 'administrator') trouble.expect(/status of 404/);
    await as(house[role]);
    const [host] = await Promise.all(fleet.hosts.map(async (host) => ({ host, names: await names(host, 'vault-') })))
      .then((all) => all.filter((one) => one.names.length > 0));
    if (!host) throw new Error('vault runs nowhere');
    const { Id } = await ask<{ Id: string }>(host.host, 'GET', `/containers/${host.names[0]}/json`);
    const container = `/containers/${host.host.name}/${Id}`;

    let here = '';
    for (const [path, kind, name, least] of CONTROLS) {
      const wanted = path.replace('CONTAINER', container);
      if (wanted !== here) await open(page, house.lighthouse.at(wanted));
      here = wanted;
      const control = page.getByRole(kind, { name });
      if (rank >= least) {
        await expect(control.first(), `${name} on ${path}`).toBeAttached();
      } else {
        // The page has its data by now: nothing that is missing will come.
        await expect(page.getByRole('main')).not.toContainText('Loading…');
        await expect(control, `${name} on ${path}`).toHaveCount(0);
      }
    }

    // Values of the environment are the administrator's.
    await open(page, house.lighthouse.at(container));
    await page.getByText(/^Environment \(/).click();
    await expect(page.getByText('PASSPHRASE')).toBeVisible();
    await expect(page.getByText('open-sesame')).toHaveCount(role === 'administrator' ? 1 : 0);
  });
}
