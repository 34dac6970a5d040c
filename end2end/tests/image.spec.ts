// The image that the Dockerfile makes: built and run on a real engine, without any base image.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '../fixtures';
import { root } from '../fixtures/programs';

test('the image is built from nothing and serves the sign-in', async ({ fleet, request }) => {
  const host = fleet.host('h1');
  const said = (...args: string[]) =>
    promisify(execFile)('docker', ['--host', `unix://${host.socket}`, ...args]);
  const docker = async (...args: string[]) => (await said(...args)).stdout.trim();
  // `cargo xtask image --debug` gathered the folder before the tests began.
  const folder = path.join(root, 'target/image');
  await docker('build', '--tag', 'lighthouse:test', '--file', path.join(root, 'Dockerfile'), folder);
  const url = `http://${host.address}:3000`;
  const id = await docker(
    'run', '--detach', '--publish', '3000:3000', '--env', `LIGHTHOUSE_PUBLIC_URL=${url}`, 'lighthouse:test',
  );
  try {
    await expect(async () => {
      expect(await docker('inspect', '--format', '{{.State.Status}}', id), (await said('logs', id)).stderr).toBe('running');
      expect((await request.get(`${url}/healthz`)).status()).toBe(200);
    }).toPass({ timeout: 20_000 });
    const page = await request.get(`${url}/`);
    expect(page.url()).toMatch(/\/(setup|login)\b/);
    expect(await page.text()).toContain('<main');
  } finally {
    await docker('rm', '--force', '--volumes', id);
  }
});
