// The figures of the main job: what a person waits for, beside the same thing without us in the same run.
//
// Each test is one subject. Rounds of a race are run by turns, so that what else the machine does falls on both sides.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, figure, type Fleet, hydrated, type Lighthouse, open, Person, test } from '../fixtures';
import { ask, names, remove, run } from '../fixtures/docker';
import type { Host } from '../fixtures/fleet';
import { root } from '../fixtures/programs';
import { command, events, type Heard, shell } from './engine';
import { median, percentile, ratio, round } from './statistics';

/** The reference implementation, where the tests of blueprints have put it. */
const composeTool =
  process.env.DOCKER_COMPOSE_BIN ??
  path.join(root, 'target/tools/docker-compose/root/usr/libexec/docker/cli-plugins/docker-compose');

const image = 'busybox:latest';
/** Runs as long as nobody stops it, and ends at once when somebody does. */
const idle = ['/bin/sleep', '1000000'];

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Sees to it that there are sixty containers, as many on each host. */
async function populate(fleet: Fleet): Promise<void> {
  await Promise.all(
    fleet.hosts.map(async (host) => {
      if ((await names(host, 'crowd-')).length > 0) return;
      for (let n = 0; n < 60 / fleet.hosts.length; n += 1) {
        await run(host, { name: `crowd-${host.name}-${n}`, image, command: idle });
      }
    }),
  );
}

/** A console whose administrator added hosts. */
async function settled(lighthouse: Lighthouse, ...hosts: Host[]): Promise<Person> {
  const ada = await Person.first(lighthouse);
  await ada.adds(...hosts);
  return ada;
}

/** Opens a page of somebody. */
async function look(page: Page, person: Person, address: string): Promise<void> {
  await person.sit(page.context());
  await open(page, address);
}

/** Deploys, and gives the milliseconds from the request to the knowledge of success. */
async function timed(person: Person, name: string, compose: string): Promise<number> {
  const begun = performance.now();
  await person.runs(name, compose);
  return performance.now() - begun;
}

test('start to the first page', async ({ launch }) => {
  test.setTimeout(120_000);
  const lighthouse = await launch();
  await Person.first(lighthouse);
  const times = [];
  for (let n = 0; n < 10; n += 1) {
    await lighthouse.stop();
    times.push(await lighthouse.start('/login'));
  }
  figure({ figure: 'start to first 200', value: round(median(times)), unit: 'ms', aim: '<= 150', n: times.length });
});

test('memory at rest', async ({ launch, fleet }) => {
  test.setTimeout(600_000);
  await populate(fleet);
  // Nobody has ever signed in on the one, and no test has looked at the other.
  const empty = await launch();
  const full = await launch();
  const ada = await settled(full, ...fleet.hosts);
  await full.stop();
  await full.start();
  await pause(60_000);
  const at = (what: string, value: number, aim: string) =>
    figure({ figure: `idle memory, ${what}`, value: round(value), unit: 'MiB Pss', aim, n: 1 });
  at('empty', await empty.memory(), '<= 25');
  at('3 hosts and 60 containers', await full.memory(), '<= 40');
  await Person.signIn(full, ada.name);
  await pause(60_000);
  at('3 hosts and 60 containers, after a sign-in', await full.memory(), '<= 40');
});

test('first load', async ({ launch, browser, fleet }) => {
  test.setTimeout(120_000);
  await populate(fleet);
  const lighthouse = await launch();
  const ada = await settled(lighthouse, ...fleet.hosts);
  const [sent, painted] = [[] as number[], [] as number[]];
  for (let n = 0; n < 7; n += 1) {
    const context = await browser.newContext();
    await ada.sit(context);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
    // The rows are the server's: they are in the first paint.
    const [document] = await Promise.all([
      page.waitForResponse(lighthouse.at('/containers')),
      page.goto(lighthouse.at('/containers'), { waitUntil: 'load' }),
    ]);
    expect(await document.text()).toContain('crowd-h1-0');
    await hydrated(page);
    const first = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    if (first === undefined) throw new Error('nothing was painted');
    painted.push(first);
    sent.push(bytes / 1000);
    await context.close();
  }
  figure({ figure: 'first load, bytes sent', value: round(median(sent)), unit: 'kB', aim: '<= 350', n: sent.length });
  figure({
    figure: 'first contentful paint with rows',
    value: round(median(painted)),
    unit: 'ms',
    aim: '<= 400',
    n: painted.length,
  });
});

test('state change to screen', async ({ launch, page, fleet }) => {
  test.setTimeout(300_000);
  const lighthouse = await launch();
  const ada = await settled(lighthouse, ...fleet.hosts);
  const host = fleet.host('h1');
  const name = 'blinker';
  await run(host, { name, image, command: idle, created: true });
  await look(page, ada, lighthouse.at(`/containers?q=name:${name}`));
  await page.evaluate((name) => {
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
  const listening = await events(host, (event) => {
    if (event.name === name && (event.action === 'start' || event.action === 'die')) heard.push(event);
  });
  const cell = page.locator('tbody tr', { hasText: name }).locator('.status .words');
  for (let n = 0; n < 60; n += 1) {
    await ask(host, 'POST', `/containers/${name}/start`);
    await expect(cell).toContainText(/running/i);
    await ask(host, 'POST', `/containers/${name}/kill`);
    await expect(cell).not.toContainText(/running/i);
  }
  listening.stop();
  const seen = await page.evaluate(
    () => (globalThis as unknown as { seen: { words: string; at: number }[] }).seen,
  );
  const late = heard.flatMap(({ action, at }) => {
    const fits = ({ words }: { words: string }) => /running/i.test(words) === (action === 'start');
    // A screen that was told by the list may even be earlier than the event.
    const shown = seen.find((one) => fits(one) && one.at > at - 100);
    return shown ? [shown.at - at] : [];
  });
  expect(late.length).toBeGreaterThanOrEqual(heard.length - 2);
  await remove(host, name);
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

test('log line to screen', async ({ launch, page, fleet }) => {
  test.setTimeout(180_000);
  const lighthouse = await launch();
  const ada = await settled(lighthouse, ...fleet.hosts);
  const host = fleet.host('h1');
  const id = await run(host, { name: 'ticking', command: ['clock', '97'] });
  await look(page, ada, lighthouse.at(`/containers/h1/${id}?view=log`));
  await page.getByRole('log').waitFor();
  const late = await page.evaluate(
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
  await remove(host, 'ticking');
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

test('a flood of log lines', async ({ launch, page, fleet }) => {
  test.setTimeout(180_000);
  const [perSecond, seconds] = [50_000, 20];
  const lighthouse = await launch();
  const ada = await settled(lighthouse, ...fleet.hosts);
  const host = fleet.host('h1');
  const id = await run(host, {
    name: 'flood',
    command: ['chatty', String(perSecond), String(seconds)],
    created: true,
  });
  await look(page, ada, lighthouse.at(`/containers/h1/${id}?view=log`));
  await page.getByRole('log').waitFor();
  const last = String(perSecond * seconds).padStart(9, '0');
  const painted = page.evaluate(
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
  await ask(host, 'POST', `/containers/${id}/start`);
  const { at, frames, during } = await painted;
  await pause(500);
  const stamped = await command(host, 'docker', ['logs', '--timestamps', '--tail', '1', 'flood']);
  const written = Date.parse(stamped.split(' ')[0]!.replace(/(\.\d{3})\d*Z$/, '$1Z'));
  const counted = await page.getByRole('log').evaluate((log) => ({
    received: Number(log.getAttribute('data-received')),
    dropped: Number(log.getAttribute('data-dropped')),
  }));
  await remove(host, 'flood');
  const n = perSecond * seconds;
  figure({ figure: 'flood: last line late', value: round(at - written), unit: 'ms', aim: '<= 500', n });
  figure({ figure: 'flood: frames', value: round((frames / during) * 1000), unit: 'per second', aim: '>= 50', n });
  const missing = n - counted.received - counted.dropped;
  figure({ figure: 'flood: lines neither shown nor counted as dropped', value: missing, unit: 'lines', aim: '== 0', n });
  figure({ figure: 'flood: lines dropped', value: counted.dropped, unit: 'lines', n });
});

test('echo in a terminal', async ({ launch, page, fleet }) => {
  test.setTimeout(180_000);
  const lighthouse = await launch();
  const ada = await settled(lighthouse, ...fleet.hosts);
  const host = fleet.host('h1');
  const id = await run(host, { name: 'shell', image, command: idle });
  await look(page, ada, lighthouse.at('/settings'));
  const address = lighthouse.at(`/ws/terminal?host=h1&container=${id}`).replace(/^http/, 'ws');
  const keys = 200;
  const raw: number[] = [];
  const socket = await shell(host, id);
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
  const ours = await page.evaluate(
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
  await remove(host, 'shell');
  figure({
    figure: 'terminal echo p95 beyond the raw socket',
    value: round(percentile(ours, 0.95) - percentile(raw, 0.95)),
    unit: 'ms',
    aim: '<= 5',
    against: `raw p95 ${round(percentile(raw, 0.95))} ms`,
    n: keys,
  });
});

test('forty instances on one engine', async ({ launch, fleet }) => {
  test.setTimeout(600_000);
  const host = fleet.host('h2');
  const ada = await settled(await launch(), host);
  const compose = `services:
  one:
    image: ${image}
    command: ${JSON.stringify(idle)}
    stop_grace_period: 1s
    deploy: {replicas: 40}
`;
  const [ours, theirs] = [[] as number[], [] as number[]];
  for (let round = 0; round < 3; round += 1) {
    ours.push(await timed(ada, 'race', compose));
    await ada.removes('race');
    await pause(2_000);
    const begun = performance.now();
    const loop = `docker network create loop >/dev/null && for n in $(seq 40); do
      docker run -d --network loop --name loop-$n ${image} ${idle.join(' ')} >/dev/null || exit 1; done`;
    await command(host, '/bin/sh', ['-c', loop]);
    theirs.push(performance.now() - begun);
    await command(host, '/bin/sh', ['-c', 'docker rm -f $(seq -f loop-%.0f 40) >/dev/null; docker network rm loop']);
    await pause(2_000);
  }
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

test('an application of three services', async ({ launch, fleet }) => {
  test.setTimeout(600_000);
  test.skip(!existsSync(composeTool), 'the reference implementation is not here');
  const host = fleet.host('h2');
  const ada = await settled(await launch(), host);
  const service = (more: string) => `    image: ${image}
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
    command(host, composeTool, ['-p', 'three', '-f', path.join(folder, 'compose.yaml'), ...args]);
  for (let round = 0; round < 5; round += 1) {
    ours.push(await timed(ada, 'three', compose));
    await ada.removes('three');
    await pause(1_000);
    const begun = performance.now();
    await tool(['up', '-d']);
    theirs.push(performance.now() - begun);
    await tool(['down']);
    await pause(1_000);
  }
  await rm(folder, { recursive: true, force: true });
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
