/**
 * A node in a process of its own that is killed, stopped and started again. It says one line of JSON per order and
 * event on its standard output; orders come as lines on its standard input. `node.program.ts` is its script.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { NodeHandle } from '../../src/node/handle.js';
import { startNode, type Placing } from '../../src/node/root.js';
import { hangMs } from './deadline.js';
import { programFile } from './programs.js';

export type Said =
  | { readonly said: 'ready'; readonly id: string; readonly port: number }
  | { readonly said: 'refused'; readonly error: { readonly code: string; readonly pid?: number } }
  | { readonly said: 'queued'; readonly texts: readonly string[] }
  | { readonly said: 'not-queued'; readonly texts: readonly string[]; readonly code: string }
  | { readonly said: 'peer'; readonly id: string }
  | { readonly said: 'shown'; readonly text: string }
  | { readonly said: 'history'; readonly texts: readonly string[] }
  | { readonly said: 'error'; readonly code: string };

export type NodeOrder =
  | { readonly type: 'send'; readonly to: string; readonly texts: readonly string[] }
  | { readonly type: 'history' };

export interface NodeProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: readonly Said[];
  tell(order: NodeOrder): void;
  /** The first, said already or still to come. */
  until<S extends Said['said']>(
    kind: S,
    wanted?: (said: Extract<Said, { said: S }>) => boolean,
    deadlineMs?: number,
  ): Promise<Extract<Said, { said: S }>>;
  readonly exited: Promise<number>;
}

/** A node that says what happens and takes orders, wherever it runs. */
export type PlayedNode = Pick<NodeProcess, 'said' | 'tell' | 'until'>;

export interface SpawnOptions {
  readonly home: string;
  readonly name: string;
  readonly beaconPort: number;
  readonly port?: number;
  /** As shipped, on threads, where nothing is said. */
  readonly placing?: Placing;
}

export function spawnNode(options: SpawnOptions, env: Readonly<Record<string, string>> = {}): NodeProcess {
  const child = spawn(process.execPath, [programFile('support/node.program'), JSON.stringify(options)], {
    stdio: 'pipe',
    env: { ...process.env, ...env },
  });
  let errors = '';
  const sayings = new Sayings(options.name, () => `; stderr: ${errors}`);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => sayings.add(JSON.parse(line) as Said));
  const exited = once(child, 'close').then(([code]: (number | null)[]) => code ?? 137);
  child.on('close', () => sayings.end());
  return {
    child,
    said: sayings.all,
    exited,
    tell: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    until: sayings.until,
  };
}

/** All that a node has said, and those that wait for more. */
class Sayings {
  readonly all: Said[] = [];
  readonly #name: string;
  readonly #more: () => string;
  readonly #checks = new Set<() => void>();
  #hasEnded = false;

  /** `more`: what a failure tells besides. */
  constructor(name: string, more: () => string = () => '') {
    this.#name = name;
    this.#more = more;
  }

  add(said: Said): void {
    this.all.push(said);
    for (const check of this.#checks) check();
  }

  end(): void {
    this.#hasEnded = true;
    for (const check of this.#checks) check();
  }

  readonly until: NodeProcess['until'] = (kind, wanted = () => true, deadlineMs = hangMs) =>
    new Promise((resolve, reject) => {
      let at = 0;
      const check = (): void => {
        for (; at < this.all.length; at += 1) {
          const one = this.all[at];
          if (one?.said !== kind || !wanted(one as Parameters<typeof wanted>[0])) continue;
          finish();
          resolve(one as Parameters<typeof wanted>[0]);
          return;
        }
        if (this.#hasEnded) fail('it has ended');
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.#checks.delete(check);
      };
      const fail = (why: string): void => {
        finish();
        reject(new Error(`${this.#name}: no ${kind}: ${why}${this.#more()}`));
      };
      const timer = setTimeout(() => fail(`not within ${deadlineMs} ms`), deadlineMs);
      this.#checks.add(check);
      check();
    });
}

/** Starts a node that says what happens and takes orders; null: it was refused, and has said so. */
export async function serve(
  { beaconPort, placing = 'threads', ...options }: SpawnOptions,
  say: (said: Said) => void,
): Promise<{ readonly node: NodeHandle; obey(order: NodeOrder): void } | null> {
  const started = await startNode(
    {
      port: 0,
      ...options,
      bind: '127.0.0.1',
      broadcast: ['127.255.255.255'],
      beaconPorts: [beaconPort],
    },
    undefined,
    placing,
  );
  if (started.isErr()) {
    say({ said: 'refused', error: started.error });
    return null;
  }
  const node = started.value;
  void (async () => {
    for await (const event of node.events({ sinceSeq: 0 })) {
      if (event.type === 'message' && event.direction === 'in') say({ said: 'shown', text: event.text });
      if (event.type === 'peer' && event.state === 'online') say({ said: 'peer', id: event.id });
      if (event.type === 'error') say({ said: 'error', code: event.code });
    }
  })();
  const self = (await node.self())._unsafeUnwrap();
  say({ said: 'ready', id: self.id, port: self.port });
  return {
    node,
    obey(order) {
      if (order.type === 'history') {
        void node
          .history({ limit: 10_000, direction: 'in' })
          .map((lines) => say({ said: 'history', texts: lines.map(({ text }) => text) }));
        return;
      }
      const { texts } = order;
      void node.sendAll(order.to, texts).match(
        () => say({ said: 'queued', texts }),
        ({ code }) => say({ said: 'not-queued', texts, code }),
      );
    },
  };
}

/** A node in this process: the peer of one that is killed. A process of its own would cost a second of CPU. */
export async function playNode(
  context: TestContext,
  options: Omit<SpawnOptions, 'placing'>,
): Promise<PlayedNode> {
  const sayings = new Sayings(options.name);
  const served = await serve({ ...options, placing: 'inline' }, (said) => sayings.add(said));
  context.after(() => served?.node.close());
  return {
    said: sayings.all,
    until: sayings.until,
    tell: (order) => served?.obey(order),
  };
}
