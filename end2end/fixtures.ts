// What every browser test starts from: `import { test, expect, open } from '../fixtures'`.
//
// - `fleet`: three real engines and a registry, shared by the tests of a worker.
// - `lighthouse`: a console, shared by the tests of a worker; nobody is signed in, no host is added.
// - `house`: a console, shared by the tests of a worker, with the fleet's engines as hosts and a person of each role.
// - `as`: lets the test's page belong to one of them: `await as(house.administrator)`.
// - `launch`: starts further consoles that are gone after the test: for first runs, restarts, other settings.
// - `another`: opens an empty page of another person: a context with cookies of its own, watched like the first.
// - `trouble`: fails the test on any console error, hydration warning, CSP report or request to a third party.
//
// Tags choose where a test runs besides the desktop: `@phone`, `@phone-only`, `@base-path`; `@no-script` runs without
// JavaScript only.
import { type BrowserContext, type Locator, test as base, type Page } from '@playwright/test';
import { Fleet } from './fixtures/fleet';
import { type Launch, Lighthouse } from './fixtures/lighthouse';
import type { Options } from './fixtures/options';
import { Person } from './fixtures/people';
import { Trouble } from './fixtures/trouble';

export { expect } from '@playwright/test';
export { Fleet } from './fixtures/fleet';
export { Lighthouse } from './fixtures/lighthouse';
export { PASSWORD, Person, until } from './fixtures/people';
export { Trouble } from './fixtures/trouble';

/** A console that is lived in. */
export type House = { lighthouse: Lighthouse; administrator: Person; operator: Person; viewer: Person };

type Shared = Options & { fleet: Fleet; lighthouse: Lighthouse; house: House };
type PerTest = {
  as: (person: Person, page?: Page) => Promise<void>;
  launch: (launch?: Launch) => Promise<Lighthouse>;
  another: () => Promise<Page>;
  trouble: Trouble;
};

export const test = base.extend<PerTest, Shared>({
  basePath: ['', { scope: 'worker', option: true }],

  fleet: [
    async ({}, use) => {
      const fleet = await Fleet.start();
      await use(fleet);
      await fleet.stop();
    },
    // The first start compiles nothing, but it may fetch the newer engine.
    { scope: 'worker', timeout: 180_000 },
  ],

  lighthouse: [
    async ({ basePath }, use) => {
      const lighthouse = await Lighthouse.launch({ basePath });
      await use(lighthouse);
      await lighthouse.dispose();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  house: [
    async ({ basePath, fleet }, use) => {
      const lighthouse = await Lighthouse.launch({ basePath });
      const administrator = await Person.first(lighthouse);
      const operator = await administrator.invites('olga', 'operator');
      const viewer = await administrator.invites('vito', 'viewer');
      await administrator.adds(...fleet.hosts);
      await use({ lighthouse, administrator, operator, viewer });
      await lighthouse.dispose();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  as: async ({ page }, use) => {
    await use((person, other = page) => person.sit(other.context()));
  },

  launch: async ({ basePath }, use, info) => {
    const launched: Lighthouse[] = [];
    await use(async (launch = {}) => {
      const lighthouse = await Lighthouse.launch({ basePath, ...launch });
      launched.push(lighthouse);
      return lighthouse;
    });
    for (const lighthouse of launched) {
      if (info.status !== info.expectedStatus) {
        await info.attach('lighthouse.log', { body: lighthouse.log, contentType: 'text/plain' });
      }
      await lighthouse.dispose();
    }
  },

  another: async ({ browser, trouble }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext();
      contexts.push(context);
      await trouble.watch(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  trouble: [
    async ({ context }, use) => {
      const trouble = new Trouble();
      await trouble.watch(context);
      await use(trouble);
      const unexpected = trouble.unexpected;
      if (unexpected.length > 0) throw new Error(`trouble on the page:\n${unexpected.join('\n')}`);
    },
    { auto: true },
  ],
});

/** Opens a page by its address and waits until it answers to clicks. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await hydrated(page);
}

/** Waits until the WASM has taken over the page. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
}

/** What an operation's page says of it, in one sentence. */
export function sentence(page: Page): Locator {
  return page.getByRole('region', { name: 'Outcome' }).getByRole('paragraph').first();
}

/** The main navigation, where it is at this width. */
export function go(page: Page, name: string): Promise<void> {
  return page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
}

/** One figure of a bench. */
export type Figure = {
  figure: string;
  value: number;
  unit: string;
  /** As text, such as `<= 30`. */
  aim?: string;
  /** What it is compared with. */
  against?: number | string;
  /** Ours divided by theirs. */
  ratio?: number;
  /** How many measurements are behind it. */
  n?: number;
};

/** Prints a figure for `cargo xtask bench` to pass on. */
export function figure(figure: Figure): void {
  process.stdout.write(`\n${JSON.stringify(figure)}\n`);
}
