// The figures of the main job: what a person waits for, beside the same thing without us in the same run.
//
// Each test is one subject. Rounds of a race are run by turns, so that what else the machine does falls on both sides.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, expect, type Page } from '@playwright/test';
import { figure, Fleet, hydrated, Lighthouse, open, test } from '../fixtures';
import { root } from '../fixtures/programs';
import { Console } from './console';
import { Engine, type Heard, now } from './engine';
import { median, percentile, ratio, round } from './statistics';

/** The reference implementation, where the tests of blueprints have put it. */
const composeTool =
  process.env.DOCKER_COMPOSE_BIN ??
  path.join(root, 'target/tools/docker-compose/root/usr/libexec/docker/cli-plugins/docker-compose');

/** Runs as long as nobody stops it, and ends at once when somebody does. */
const idle = ['/bin/sleep', '1000000'];

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Sees to it that there are sixty containers, as many on each host. */
async function populate(fleet: Fleet): Promise<void> {
  await Promise.all(
    fleet.hosts.map(async (host) => {
      const engine = new Engine(host);
      for (let n = 0; n < 60 / fleet.hosts.length; n += 1) {
        const name = `crowd-${host.name}-${n}`;
        if (await engine.has(name)) continue;
        await engine.create(name, 'busybox:latest', idle, { HostConfig: { NetworkMode: 'none' } });
        await engine.start(name);
      }
    }),
  );
}

async function page(console: Console, address: string): Promise<Page> {
  const page = await console.context.newPage();
  // A page that is broken measures nothing.
  page.on('pageerror', (error) => process.stderr.write(`${error.stack ?? error.message}\n`));
  page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${message.text()}\n`));
  await open(page, console.lighthouse.at(address));
  return page;
}

test('start to the first page', async ({ browser }) => {
  test.setTimeout(120_000);
  const console = await Console.open(browser);
  const times = [];
  for (let n = 0; n < 10; n += 1) {
    await console.lighthouse.stop();
    times.push(await console.lighthouse.start('/login'));
  }
  await console.dispose();
  figure({ figure: 'start to first 200', value: round(median(times)), unit: 'ms', aim: '<= 150', n: times.length });
});

test('memory at rest', async ({ browser, fleet }) => {
  test.setTimeout(600_000);
  await populate(fleet);
  // Nobody has ever signed in on the one, and no test has looked at the other.
  const empty = await Lighthouse.launch();
  const full = await Console.open(browser);
  for (const host of fleet.hosts) await full.add(host);
  await full.lighthouse.stop();
  await full.lighthouse.start();
  await pause(60_000);
  const at = (what: string, value: number, aim: string) =>
    figure({ figure: `idle memory, ${what}`, value: round(value), unit: 'MiB Pss', aim, n: 1 });
  at('empty', await empty.memory(), '<= 25');
  at('3 hosts and 60 containers', await full.lighthouse.memory(), '<= 40');
  await full.signIn();
  await pause(60_000);
  at('3 hosts and 60 containers, after a sign-in', await full.lighthouse.memory(), '<= 40');
  await empty.dispose();
  await full.dispose();
});

test('first load', async ({ browser, fleet }) => {
  test.setTimeout(120_000);
  await populate(fleet);
  const console = await Console.open(browser);
  for (const host of fleet.hosts) await console.add(host);
  const [sent, painted] = [[] as number[], [] as number[]];
  const cookies = await console.context.storageState();
  for (let n = 0; n < 7; n += 1) {
    const context = await browser.newContext({ storageState: cookies });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
    // The rows are the server's: they are in the first paint.
    const [document] = await Promise.all([
      page.waitForResponse(console.lighthouse.at('/containers')),
      page.goto(console.lighthouse.at('/containers'), { waitUntil: 'load' }),
    ]);
    expect(await document.text()).toContain('crowd-h1-0');
    await hydrated(page);
    const first = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    if (first === undefined) throw new Error('nothing was painted');
    painted.push(first);
    sent.push(bytes / 1000);
    await context.close();
  }
  await console.dispose();
  figure({ figure: 'first load, bytes sent', value: round(median(sent)), unit: 'kB', aim: '<= 350', n: sent.length });
  figure({
    figure: 'first contentful paint with rows',
    value: round(median(painted)),
    unit: 'ms',
    aim: '<= 400',
    n: painted.length,
  });
});

test('state change to screen', async ({ browser, fleet }) => {
  test.setTimeout(300_000);
  const console = await Console.open(browser);
  for (const host of fleet.hosts) await console.add(host);
  const engine = new Engine(fleet.host('h1'));
  const name = 'blinker';
  await engine.create(name, 'busybox:latest', idle, { HostConfig: { NetworkMode: 'none' } });
  const screen = await page(console, `/containers?q=name:${name}`);
  await screen.evaluate((name) => {
    const row = () => [...document.querySelectorAll('tbody tr')].find((row) => row.textContent?.includes(name));
    const words = () => row()?.querySelector('.status .words')?.textContent ?? '';
    const seen: { words: string; at: number }[] = [];
    let last = words();
    new MutationObserver(() => {
      const said = words();
      if (said === last) return;
      last = said;
      requestAnimationFrame(() => seen.push({ words: said, at: performance.timeOrigin + performance.now() }));
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(globalThis, { seen });
  }, name);
  const heard: Heard[] = [];
  const events = await engine.events((event) => {
    if (event.name === name && (event.action === 'start' || event.action === 'die')) heard.push(event);
  });
  const cell = screen.locator('tbody tr', { hasText: name }).locator('.status .words');
  for (let n = 0; n < 60; n += 1) {
    await engine.start(name);
    await expect(cell).toContainText(/running/i);
    await engine.kill(name);
    await expect(cell).not.toContainText(/running/i);
  }
  events.stop();
  const seen = await screen.evaluate(
    () => (globalThis as unknown as { seen: { words: string; at: number }[] }).seen,
  );
  const late = heard.flatMap(({ action, at }) => {
    const fits = ({ words }: { words: string }) => /running/i.test(words) === (action === 'start');
    // A screen that was told by the list may even be earlier than the event.
    const shown = seen.find((one) => fits(one) && one.at > at - 100);
    return shown ? [shown.at - at] : [];
  });
  expect(late.length).toBeGreaterThanOrEqual(heard.length - 2);
  await engine.remove(name);
  await console.dispose();
  const against = "the engine's event stream";
  const of = (share: number, aim: string) =>
    figure({
      figure: `state change to screen p${share * 100}`,
      value: round(percentile(late, share)),
      unit: 'ms',
      aim,
      against,
      n: late.length,
    });
  of(0.5, '<= 30');
  of(0.99, '<= 100');
});

test('log line to screen', async ({ browser, fleet }) => {
  test.setTimeout(180_000);
  const console = await Console.open(browser);
  for (const host of fleet.hosts) await console.add(host);
  const engine = new Engine(fleet.host('h1'));
  const id = await engine.create('ticking', 'sample:1', ['clock', '97'], { HostConfig: { NetworkMode: 'none' } });
  await engine.start('ticking');
  const screen = await page(console, `/containers/h1/${id}?view=log`);
  await screen.getByRole('log').waitFor();
  const late = await screen.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const stamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;
        const late: number[] = [];
        let last = '';
        const begun = performance.now();
        const log = document.querySelector('[role=log]')!;
        new MutationObserver(() => {
          const lines = [...log.querySelectorAll('.log-line')];
          const line = stamp.exec(lines[lines.length - 1]?.textContent ?? '')?.[0] ?? '';
          if (line === last || line === '') return;
          last = line;
          requestAnimationFrame(() => {
            late.push(performance.timeOrigin + performance.now() - Date.parse(line));
            // What was written before the page was open is not late.
            if (performance.now() - begun > 30_000) resolve(late.slice(5));
          });
        }).observe(log, { subtree: true, childList: true, characterData: true });
      }),
  );
  await engine.remove('ticking');
  await console.dispose();
  const of = (share: number, aim?: string) =>
    figure({
      figure: `log line to screen p${share * 100}`,
      value: round(percentile(late, share)),
      unit: 'ms',
      ...(aim ? { aim } : {}),
      n: late.length,
    });
  of(0.5, '<= 20');
  of(0.99);
});

test('a flood of log lines', async ({ browser, fleet }) => {
  test.setTimeout(180_000);
  const [perSecond, seconds] = [50_000, 20];
  const console = await Console.open(browser);
  for (const host of fleet.hosts) await console.add(host);
  const engine = new Engine(fleet.host('h1'));
  const id = await engine.create('flood', 'sample:1', ['chatty', String(perSecond), String(seconds)], {
    HostConfig: { NetworkMode: 'none' },
  });
  const screen = await page(console, `/containers/h1/${id}?view=log`);
  await screen.getByRole('log').waitFor();
  const last = String(perSecond * seconds).padStart(9, '0');
  const painted = screen.evaluate(
    (last) =>
      new Promise<{ at: number; frames: number; during: number }>((resolve, reject) => {
        let [frames, begun] = [0, 0];
        const opened = performance.now();
        const log = document.querySelector('[role=log]')!;
        const frame = () => {
          const at = performance.now();
          const text = log.textContent ?? '';
          if (begun === 0 && /\d{9} the quick/.test(text)) begun = at;
          if (begun > 0) frames += 1;
          if (text.includes(`${last} the quick`)) {
            resolve({ at: performance.timeOrigin + at, frames, during: at - begun });
          } else if (at - opened > 120_000) reject(new Error('the last line never came'));
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    last,
  );
  await engine.start('flood');
  const { at, frames, during } = await painted;
  await pause(500);
  const stamped = await engine.command('docker', ['logs', '--timestamps', '--tail', '1', 'flood']);
  const written = Date.parse(stamped.split(' ')[0]!.replace(/(\.\d{3})\d*Z$/, '$1Z'));
  const counted = await screen.getByRole('log').evaluate((log) => ({
    received: Number(log.getAttribute('data-received')),
    dropped: Number(log.getAttribute('data-dropped')),
  }));
  await engine.remove('flood');
  await console.dispose();
  const n = perSecond * seconds;
  figure({ figure: 'flood: last line late', value: round(at - written), unit: 'ms', aim: '<= 500', n });
  figure({ figure: 'flood: frames', value: round((frames / during) * 1000), unit: 'per second', aim: '>= 50', n });
  const missing = n - counted.received - counted.dropped;
  figure({ figure: 'flood: lines neither shown nor counted as dropped', value: missing, unit: 'lines', aim: '== 0', n });
  figure({ figure: 'flood: lines dropped', value: counted.dropped, unit: 'lines', n });
});

test('echo in a terminal', async ({ browser, fleet }) => {
  test.setTimeout(180_000);
  const console = await Console.open(browser);
  for (const host of fleet.hosts) await console.add(host);
  const engine = new Engine(fleet.host('h1'));
  const id = await engine.create('shell', 'busybox:latest', idle, { HostConfig: { NetworkMode: 'none' } });
  await engine.start('shell');
  const screen = await page(console, '/settings');
  const address = console.lighthouse.at(`/ws/terminal?host=h1&container=${id}`).replace(/^http/, 'ws');
  const keys = 200;
  const raw: number[] = [];
  const socket = await engine.shell(id);
  socket.setNoDelay(true);
  await pause(200);
  for (let n = 0; n < keys; n += 1) {
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve());
      socket.write('a');
    });
    raw.push(performance.now() - begun);
    await pause(5);
  }
  socket.destroy();
  const ours = await screen.evaluate(
    async ({ address, keys }) => {
      const socket = new WebSocket(address);
      socket.binaryType = 'arraybuffer';
      let heard = (_: string) => {};
      const next = (fits: (said: string) => boolean) =>
        new Promise<void>((resolve) => {
          let said = '';
          heard = (text) => {
            said += text;
            if (fits(said)) resolve();
          };
        });
      socket.onmessage = (message) => {
        const bytes = new Uint8Array(message.data as ArrayBuffer);
        if (bytes[0] === 0) heard(new TextDecoder().decode(bytes.slice(1)));
      };
      await next((said) => said.includes('# '));
      const times: number[] = [];
      for (let n = 0; n < keys; n += 1) {
        const begun = performance.now();
        const echo = next((said) => said.length > 0);
        socket.send(new Uint8Array([0, 97]));
        await echo;
        times.push(performance.now() - begun);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      socket.close();
      return times;
    },
    { address, keys },
  );
  await engine.remove('shell');
  await console.dispose();
  figure({
    figure: 'terminal echo p95 beyond the raw socket',
    value: round(percentile(ours, 0.95) - percentile(raw, 0.95)),
    unit: 'ms',
    aim: '<= 5',
    against: `raw p95 ${round(percentile(raw, 0.95))} ms`,
    n: keys,
  });
});

test('forty instances on one engine', async ({ browser, fleet }) => {
  test.setTimeout(600_000);
  const [console, engine] = await alone(browser, fleet);
  const image = 'busybox:latest';
  const compose = `services:
  one:
    image: ${image}
    command: ${JSON.stringify(idle)}
    stop_grace_period: 1s
    deploy: {replicas: 40}
`;
  const [ours, theirs] = [[] as number[], [] as number[]];
  for (let round = 0; round < 3; round += 1) {
    ours.push(await console.deploy('race', compose));
    await console.remove('race');
    await pause(2_000);
    const begun = performance.now();
    const loop = `docker network create loop >/dev/null && for n in $(seq 40); do
      docker run -d --network loop --name loop-$n ${image} ${idle.join(' ')} >/dev/null || exit 1; done`;
    await engine.command('/bin/sh', ['-c', loop]);
    theirs.push(performance.now() - begun);
    await engine.command('/bin/sh', ['-c', 'docker rm -f $(seq -f loop-%.0f 40) >/dev/null; docker network rm loop']);
    await pause(2_000);
  }
  await console.dispose();
  figure({
    figure: 'deploying 40 instances, times as fast as a loop of `docker run`',
    value: Math.round((median(theirs) / median(ours)) * 100) / 100,
    unit: 'times',
    aim: '>= 2.3',
    against: `${round(median(theirs) / 1000)} s; ours ${round(median(ours) / 1000)} s`,
    ratio: ratio(median(ours), median(theirs)),
    n: ours.length,
  });
});

test('an application of three services', async ({ browser, fleet }) => {
  test.setTimeout(600_000);
  test.skip(!existsSync(composeTool), 'the reference implementation is not here');
  const [console, engine] = await alone(browser, fleet);
  const service = (more: string) => `    image: busybox:latest
    command: ${JSON.stringify(idle)}
    stop_grace_period: 1s
${more}`;
  const compose = `services:
  database:
${service(`    healthcheck:
      test: [CMD, /bin/true]
      interval: 1s
`)}  api:
${service('    depends_on: {database: {condition: service_healthy}}\n')}  web:
${service('    depends_on: [api]\n')}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'lighthouse-bench-'));
  await writeFile(path.join(folder, 'compose.yaml'), compose);
  const [ours, theirs] = [[] as number[], [] as number[]];
  const tool = (args: string[]) =>
    engine.command(composeTool, ['-p', 'three', '-f', path.join(folder, 'compose.yaml'), ...args]);
  for (let round = 0; round < 5; round += 1) {
    ours.push(await console.deploy('three', compose));
    await console.remove('three');
    await pause(1_000);
    const begun = performance.now();
    await tool(['up', '-d']);
    theirs.push(performance.now() - begun);
    await tool(['down']);
    await pause(1_000);
  }
  await rm(folder, { recursive: true, force: true });
  await console.dispose();
  figure({
    figure: 'deploying 3 services, share of the time of `docker-compose up -d`',
    value: ratio(median(ours), median(theirs)),
    unit: 'times',
    aim: '<= 0.8',
    against: `${round(median(theirs))} ms; ours ${round(median(ours))} ms`,
    ratio: ratio(median(ours), median(theirs)),
    n: ours.length,
  });
});

/** A console that knows one engine. */
async function alone(browser: Browser, fleet: Fleet): Promise<[Console, Engine]> {
  const console = await Console.open(browser);
  const host = fleet.host('h2');
  await console.add(host);
  return [console, new Engine(host)];
}
