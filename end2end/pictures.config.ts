// Pictures of every page, at both sizes and in both colour schemes, to be looked at: run by hand with
// `npx playwright test --config pictures.config.ts` after a build. They are written to `target/pictures`.
import { defineConfig } from '@playwright/test';
import { chromium, type Options } from './fixtures/options';

export default defineConfig<object, Options>({
  testDir: 'pictures',
  testMatch: '*.picture.ts',
  outputDir: 'test-results',
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: { browserName: 'chromium', launchOptions: chromium, locale: 'en-GB', timezoneId: 'UTC' },
});
