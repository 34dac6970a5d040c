// A console as a bench uses it: an administrator is signed in, hosts are added, applications are deployed by the API.
import type { APIRequestContext, Browser, BrowserContext } from '@playwright/test';
import type { Host } from '../fixtures/fleet';
import { type Launch, Lighthouse } from '../fixtures/lighthouse';

const password = 'a password nobody has used before';

/** The ends of an operation. */
const ended = new Set(['succeeded', 'failed', 'cancelled', 'interrupted']);

/** A console with its administrator. */
export class Console {
  private constructor(
    readonly lighthouse: Lighthouse,
    /** Cookies of the administrator. */
    readonly context: BrowserContext,
    private readonly api: APIRequestContext,
  ) {}

  /** Starts one and makes the administrator, who is signed in then. */
  static async open(browser: Browser, launch: Launch = {}): Promise<Console> {
    const lighthouse = await Lighthouse.launch(launch);
    const context = await browser.newContext();
    const console = new Console(lighthouse, context, context.request);
    await console.form('/setup', { token: lighthouse.token, name: 'ada', password });
    return console;
  }

  /** Signs in anew. */
  async signIn(): Promise<void> {
    await this.form('/login', { name: 'ada', password });
  }

  private async form(path: string, form: Record<string, string>): Promise<void> {
    const answer = await this.api.post(this.lighthouse.at(path), {
      form,
      headers: { Origin: new URL(this.lighthouse.url).origin },
      maxRedirects: 0,
    });
    if (answer.status() !== 303) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
  }

  /** Calls the API; any status but 2xx is an error. */
  async call<T>(method: string, path: string, data?: object): Promise<T> {
    const answer = await this.api.fetch(this.lighthouse.at(`/api/v1${path}`), {
      method,
      ...(data ? { data } : {}),
      headers: { Origin: new URL(this.lighthouse.url).origin },
    });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    const text = await answer.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Adds a host by its unix socket. */
  async add(host: Host): Promise<void> {
    await this.call('POST', '/hosts', { name: host.name, connection: { kind: 'unix', path: host.socket } });
  }

  /** Follows an operation to its end; it must succeed. */
  private async finish(operation: string): Promise<void> {
    for (;;) {
      const { state } = await this.call<{ state: string }>('GET', `/operations/${operation}`);
      if (state === 'succeeded') return;
      if (ended.has(state)) {
        const whole = await this.call<object>('GET', `/operations/${operation}`);
        throw new Error(`operation ${operation} is ${state}: ${JSON.stringify(whole)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  /** Deploys and waits for the end; milliseconds from the request to the knowledge of success. */
  async deploy(name: string, compose: string): Promise<number> {
    const begun = performance.now();
    const { operation } = await this.call<{ operation: string }>('PUT', `/applications/${name}`, {
      blueprint: { compose, variables: '' },
      reason: 'bench',
    });
    await this.finish(operation);
    return performance.now() - begun;
  }

  async remove(name: string): Promise<void> {
    const { operation } = await this.call<{ operation: string }>('DELETE', `/applications/${name}?volumes=true`);
    await this.finish(operation);
  }

  async dispose(): Promise<void> {
    await this.context.close();
    await this.lighthouse.dispose();
  }
}
