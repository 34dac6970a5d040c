// Benches in Chromium. Run them with `cargo xtask bench`, which builds everything optimised and passes on the figures
// they print with `figure()`.
import { defineConfig } from '@playwright/test';
import { chromium, type Options } from './fixtures/options';

export default defineConfig<object, Options>({
  testDir: 'bench',
  testMatch: '*.bench.ts',
  outputDir: 'test-results',
  workers: 1,
  timeout: 600_000,
  // Only what a bench prints itself.
  reporter: [['line']],
  use: {
    browserName: 'chromium',
    launchOptions: chromium,
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
  },
});
