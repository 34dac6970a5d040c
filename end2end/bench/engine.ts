// An engine asked directly, with nothing of ours in between: the other side of every race.
import { spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { ask } from '../fixtures/docker';
import type { Host } from '../fixtures/fleet';

/** Milliseconds since 1970 with fractions, on the clock that pages of this machine use, too. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** What the engine says of a container, and when it was heard. */
export type Heard = { action: string; name: string; at: number };

/** Listens to events of containers, as `docker events` does, until `stop` is called. */
export async function events(host: Host, hear: (heard: Heard) => void): Promise<{ stop: () => void }> {
  const filters = encodeURIComponent(JSON.stringify({ type: ['container'] }));
  const request = http.request({ socketPath: host.socket, path: `/events?filters=${filters}` });
  const stop = () => request.destroy();
  await new Promise<void>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const at = now();
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines.filter((line) => line.trim() !== '')) {
          const event = JSON.parse(line) as { Action: string; Actor: { Attributes: { name: string } } };
          hear({ action: event.Action, name: event.Actor.Attributes.name, at });
        }
      });
      response.on('error', () => {});
      resolve();
    });
    request.end();
  });
  // Ending it on purpose is no failure.
  request.on('error', () => {});
  return { stop };
}

/** A shell with a terminal inside a container, on the raw stream; waits for its first output. */
export async function shell(host: Host, container: string): Promise<net.Socket> {
  const exec = await ask<{ Id: string }>(host, 'POST', `/containers/${container}/exec`, {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
    Cmd: ['/bin/sh'],
  });
  const socket = net.connect(host.socket);
  const body = JSON.stringify({ Tty: true, Detach: false });
  socket.write(
    `POST /exec/${exec.Id}/start HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let said = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', function prompt(data) {
      said += data.toString();
      if (!said.includes('# ')) return;
      socket.off('data', prompt);
      resolve();
    });
  });
  return socket;
}

/** Runs `docker`, or another program that speaks to this engine, and gives what it printed. */
export function command(host: Host, file: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(file, args, {
      env: { ...process.env, DOCKER_HOST: `unix://${host.socket}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, said] = ['', ''];
    process_.stdout.on('data', (data: Buffer) => (out += data.toString()));
    process_.stderr.on('data', (data: Buffer) => (said += data.toString()));
    process_.on('error', reject);
    process_.on('exit', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}:\n${said}`));
    });
  });
}
