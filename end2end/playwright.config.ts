// Tests in Chromium against the real program on real engines. Run them with `cargo xtask test browser`, which builds
// the program and the site first; then also with `npx playwright test` in this folder.
import { defineConfig } from '@playwright/test';
import { chromium, type Options } from './fixtures/options';

const desktop = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

export default defineConfig<object, Options>({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: false,
  // The engines and the program need the processors, too.
  workers: 1,
  // A test that passes at the second try has found something; it is not tried twice.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.LIGHTHOUSE_RESULTS ?? 'test-results/results.json' }],
  ],
  use: {
    browserName: 'chromium',
    launchOptions: chromium,
    locale: 'en-GB',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  projects: [
    { name: 'desktop', use: desktop, grepInvert: /@phone-only|@no-script/ },
    { name: 'phone', use: phone, grep: /@phone/ },
    { name: 'base path', use: { ...desktop, basePath: '/lighthouse' }, grep: /@base-path/ },
    { name: 'no script', use: { ...desktop, javaScriptEnabled: false }, grep: /@no-script/ },
  ],
});
