// Every page with something on it, as a person would find it on an ordinary, slightly troubled day.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { Lighthouse, expect, open, test } from '../fixtures';
import { ask, run } from '../fixtures/docker';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../target/pictures');

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const SCHEMES = ['light', 'dark'] as const;

const SHOP = `name: shop
services:
  web:
    image: sample:1
    ports: ["8080"]
    healthcheck: {test: ["CMD", "/sample", "check"], interval: 2s}
    depends_on: [orders]
    deploy:
      replicas: 3
      resources: {reservations: {memory: 64M}}
    x-lighthouse: {placement: spread}
  orders:
    image: sample:1
    command: ["worker", "400"]
    x-lighthouse: {placement: spread}
    deploy: {replicas: 4}
  migrate:
    image: sample:1
    command: ["job", "1"]
    restart: "no"
`;

const LEDGER = `services:
  ledger:
    image: sample:1
    command: ["clock", "1000"]
    volumes: ["entries:/entries"]
    environment: {LEDGER_KEY: not-for-everybody}
  exporter-for-the-accounting-department:
    image: sample:2
    command: ["worker", "3000"]
volumes: {entries: {}}
`;

const BROKEN = `services:
  web:
    image: sample:1
    healthchek: {test: ["CMD", "true"]}
    deploy:
      replicas: many
  db:
    image: postgres
    ports: ["99999:5432"]
`;

type Shot = { name: string; path: string; before?: (page: Page) => Promise<void>; whole?: boolean };

test('pictures of every page', async ({ browser, house, fleet, launch, trouble }) => {
  // A picture of what is not there, and of a refusal.
  trouble.expect(/status of 4\d\d/);
  const { administrator: ada, operator, viewer, lighthouse } = house;

  for (const host of fleet.hosts) {
    await run(host, { name: 'node-agent', command: ['clock'] });
    await run(host, { name: `backup-${host.name}`, command: ['job', '1'] });
    for (let n = 1; n <= 4; n++) await run(host, { name: `batch-${n}`, command: ['worker', '2000'] });
  }
  await run(fleet.host('h1'), { name: 'legacy', command: ['crash'] });
  await run(fleet.host('h2'), {
    name: 'a-container-whose-name-was-made-by-a-machine-and-goes-on-for-much-longer-than-anybody-would-type',
    command: ['web'],
    publish: 9090,
  });
  const painter = await run(fleet.host('h1'), {
    name: 'painter',
    image: 'busybox:latest',
    command: [
      'sh',
      '-c',
      String.raw`i=0; while true; do i=$((i+1)); printf '\033[32mINFO\033[0m  request %s answered in \033[1m%s ms\033[0m\n' $i $((i*7%90)); [ $((i%9)) = 0 ] && printf '\033[33mWARN\033[0m  cache is cold\n'; [ $((i%23)) = 0 ] && echo 'ERROR the printer is out of paper' >&2; sleep 1; done`,
    ],
    environment: ['MODE=demo', 'PASSPHRASE=open-sesame'],
  });
  await ada.runs('shop', SHOP);
  await ada.runs('ledger', LEDGER);
  await operator.waits(await operator.deploys('reports', `services:\n  web:\n    image: ${fleet.registry}/nowhere:7\n`));
  const { generation } = await ada.call<{ generation: number }>('GET', '/applications/shop');
  const second = await ada.call<{ operation: string }>('PUT', '/applications/shop', {
    blueprint: { compose: SHOP.replace('replicas: 4', 'replicas: 5') },
    reason: 'more hands for the holidays',
    base_generation: generation,
  });
  await ada.waits(second.operation, 'succeeded');
  await ada.call('POST', '/tokens', { name: 'deploy from CI', days: 90 });
  await ada.call('POST', '/registries', { registry: 'registry.example.com', username: 'ci', secret: 'x' }).catch(() => undefined);
  await ada.call('POST', '/pools', { name: 'eu', query: 'name:h1' }).catch(() => undefined);
  const { items } = await ada.call<{ items: { id: string; target: string; kind: string }[] }>('GET', '/operations');
  const operation = (target: string, kind: string) =>
    items.find((one) => one.target === target && one.kind === kind)?.id ?? 'missing';
  const started = await ask<{ Id: string }[]>(fleet.host('h2'), 'GET', '/containers/json?filters={"name":["shop-web"]}');
  const web = started[0]?.Id ?? 'missing';

  const shots: Shot[] = [
    { name: 'overview', path: '/' },
    { name: 'applications', path: '/applications' },
    { name: 'application', path: '/applications/shop' },
    { name: 'application-logs', path: '/applications/shop?view=logs', before: settle },
    { name: 'application-releases', path: '/applications/shop?view=releases' },
    { name: 'application-operations', path: '/applications/shop?view=operations' },
    { name: 'application-blueprint', path: '/applications/shop?view=blueprint', before: planned },
    {
      name: 'application-remove',
      path: '/applications/shop',
      before: (page) => page.getByRole('button', { name: 'Remove shop' }).click(),
    },
    { name: 'application-failed', path: '/applications/reports' },
    { name: 'deploy-empty', path: '/applications/new' },
    {
      name: 'deploy-plan',
      path: '/applications/new',
      before: async (page) => {
        await page.getByRole('textbox', { name: 'Blueprint' }).fill(SHOP.replaceAll('shop', 'market'));
        await planned(page);
      },
    },
    {
      name: 'deploy-mistakes',
      path: '/applications/new',
      before: async (page) => {
        await page.getByLabel('Application name').fill('market');
        await page.getByRole('textbox', { name: 'Blueprint' }).fill(BROKEN);
        await expect(page.getByRole('button', { name: /^Line/ }).first()).toBeVisible();
      },
    },
    { name: 'containers', path: '/containers' },
    {
      name: 'containers-chosen',
      path: '/containers?q=name:batch-*',
      before: async (page) => {
        await page.getByRole('checkbox', { name: 'Select batch-1' }).first().check();
        await page.getByRole('checkbox', { name: 'Select batch-2' }).first().check();
      },
    },
    { name: 'containers-none', path: '/containers?q=name:nowhere' },
    { name: 'containers-query', path: '/containers?q=colour:red' },
    { name: 'container', path: `/containers/h2/${web}`, before: settle },
    { name: 'container-log', path: `/containers/h1/${painter}?view=log`, before: settle },
    {
      name: 'container-terminal',
      path: `/containers/h1/${painter}?view=terminal`,
      before: async (page) => {
        await expect(page.getByText(/^Connected to/)).toBeVisible();
        await page.locator('.xterm-helper-textarea').focus();
        await page.keyboard.type('ls --color /; ps\n');
        await settle(page);
      },
    },
    { name: 'hosts', path: '/hosts' },
    { name: 'hosts-add', path: '/hosts?add=1' },
    {
      name: 'hosts-add-plain',
      path: '/hosts?add=1',
      before: async (page) => {
        await page.getByLabel('Plain TCP').check();
        await page.getByLabel('Host name').fill('eu-4');
        await page.getByLabel('Address').filter({ visible: true }).fill('127.0.0.1:1');
        await page.getByRole('button', { name: 'Test connection' }).click();
        await page.getByRole('dialog').getByRole('status').getByText(/refused|reach/i).waitFor();
      },
    },
    { name: 'host', path: '/hosts/h2' },
    { name: 'operations', path: '/operations' },
    { name: 'operation', path: `/operations/${operation('shop', 'deploy')}` },
    { name: 'operation-failed', path: `/operations/${operation('reports', 'deploy')}` },
    { name: 'logs', path: '/logs?app=shop', before: settle },
    { name: 'access', path: '/access', before: settle },
    { name: 'settings', path: '/settings', before: settle },
    { name: 'missing', path: '/nowhere' },
    {
      name: 'menu',
      path: '/operations',
      before: (page) => page.getByLabel(/^Account of/).click(),
    },
    {
      name: 'palette',
      path: '/operations',
      before: async (page) => {
        await page.keyboard.press('Control+k');
        await page.keyboard.type('sh');
        await settle(page);
      },
    },
  ];
  // Some of them only: `ONLY='phone-light|^deploy'`.
  const only = new RegExp(process.env.ONLY ?? '.');

  const empty: Lighthouse = await launch();
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      const wanted = (name: string) => only.test(`${name}-${size}-${scheme}`);
      const context = await browser.newContext({ viewport, colorScheme: scheme, hasTouch: size === 'phone' });
      await trouble.watch(context);
      const page = await context.newPage();
      const take = (name: string, whole = true) =>
        page.screenshot({ path: path.join(folder, `${name}-${size}-${scheme}.png`), fullPage: whole });

      for (const [name, address] of [
        ['login', lighthouse.at('/login')],
        ['setup', empty.at(`/setup?token=${empty.token}`)],
      ] as const) {
        if (!wanted(name)) continue;
        await page.goto(address);
        await settle(page);
        await take(name);
      }
      if (wanted('login-wrong')) {
        await page.goto(lighthouse.at('/login'));
        await page.getByLabel('Name').fill('ada');
        await page.getByLabel('Password').fill('wrong');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await expect(page.getByRole('alert')).toBeVisible();
        await take('login-wrong');
      }
      await ada.sit(context);
      for (const shot of shots.filter((shot) => wanted(shot.name))) {
        await open(page, lighthouse.at(shot.path));
        await shot.before?.(page);
        await take(shot.name, !/remove|add|menu|palette|chosen/.test(shot.name));
      }
      if (wanted('overview-viewer')) {
        await viewer.sit(context);
        await open(page, lighthouse.at('/'));
        await take('overview-viewer');
        await open(page, lighthouse.at(`/containers/h2/${web}`));
        await take('container-viewer');
      }
      await context.close();
    }
  }

  // A bad day: one engine hangs.
  await fleet.let('pause', 'h3');
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      const wanted = (name: string) => only.test(`${name}-${size}-${scheme}`);
      const context = await browser.newContext({ viewport, colorScheme: scheme });
      await ada.sit(context);
      const page = await context.newPage();
      for (const [name, address] of [
        ['down-overview', '/'],
        ['down-containers', '/containers'],
        ['down-hosts', '/hosts'],
        ['down-application', '/applications/shop'],
      ] as const) {
        if (!wanted(name)) continue;
        await open(page, lighthouse.at(address));
        await expect(page.getByRole('banner')).toContainText('1 host not answering');
        await page.screenshot({ path: path.join(folder, `${name}-${size}-${scheme}.png`), fullPage: true });
      }
      await context.close();
    }
  }
  await fleet.let('resume', 'h3');
});

/** Gives what arrives by itself the time to arrive. */
async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(1_500);
}

async function planned(page: Page): Promise<void> {
  await expect(page.getByRole('region', { name: 'Where it goes' })).toContainText(/It can be deployed|runs already/);
}
