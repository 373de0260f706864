/**
 * A node in a process of its own that is killed, stopped and started again. It says one line of JSON per order and
 * event on its standard output; orders come as lines on its standard input. Started as a program by `spawnNode`.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startNode, type Placing } from '../../src/node/root.js';
import { hangMs } from './deadline.js';

export type Said =
  | { readonly said: 'ready'; readonly id: string; readonly port: number }
  | { readonly said: 'refused'; readonly error: { readonly code: string; readonly pid?: number } }
  | { readonly said: 'queued'; readonly texts: readonly string[] }
  | { readonly said: 'not-queued'; readonly texts: readonly string[]; readonly code: string }
  | { readonly said: 'peer'; readonly id: string }
  | { readonly said: 'shown'; readonly text: string }
  | { readonly said: 'history'; readonly texts: readonly string[] }
  | { readonly said: 'error'; readonly code: string };

export type Told =
  | { readonly told: 'send'; readonly to: string; readonly texts: readonly string[] }
  | { readonly told: 'history' };

export interface NodeProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: readonly Said[];
  tell(order: Told): void;
  /** The first, said already or still to come. */
  until<S extends Said['said']>(
    kind: S,
    wanted?: (said: Extract<Said, { said: S }>) => boolean,
    deadlineMs?: number,
  ): Promise<Extract<Said, { said: S }>>;
  readonly exited: Promise<number>;
}

export interface SpawnOptions {
  readonly home: string;
  readonly name: string;
  readonly beaconPort: number;
  readonly port?: number;
  /** As shipped, on threads, where nothing is said. */
  readonly placing?: Placing;
}

export function spawnNode(options: SpawnOptions, env: Readonly<Record<string, string>> = {}): NodeProcess {
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(options)], {
    stdio: 'pipe',
    env: { ...process.env, ...env },
  });
  const said: Said[] = [];
  const checks = new Set<() => void>();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line) as Said);
    for (const check of checks) check();
  });
  const exited = once(child, 'close').then(([code]: (number | null)[]) => code ?? 137);
  return {
    child,
    said,
    exited,
    tell: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    until: (kind, wanted = () => true, deadlineMs = hangMs) =>
      new Promise((resolve, reject) => {
        let at = 0;
        const check = (): void => {
          for (; at < said.length; at += 1) {
            const one = said[at];
            if (one?.said !== kind || !wanted(one as Parameters<typeof wanted>[0])) continue;
            finish();
            resolve(one as Parameters<typeof wanted>[0]);
            return;
          }
        };
        const fail = (why: string): void => {
          finish();
          reject(new Error(`${options.name}: no ${kind}: ${why}; stderr: ${errors}`));
        };
        const timer = setTimeout(() => fail(`not within ${deadlineMs} ms`), deadlineMs);
        const onClose = (): void => fail('it has ended');
        const finish = (): void => {
          clearTimeout(timer);
          checks.delete(check);
          child.off('close', onClose);
        };
        checks.add(check);
        child.on('close', onClose);
        check();
      }),
  };
}

/** One write per line: what was said before a kill was said whole. */
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

async function main({ beaconPort, placing = 'threads', ...options }: SpawnOptions): Promise<void> {
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
    process.exitCode = 1;
    process.stdin.destroy();
    return;
  }
  const node = started.value;
  const close = (): void => void node.close().then(() => process.exit(0));
  process.on('SIGTERM', close);
  void (async () => {
    for await (const event of node.events({ sinceSeq: 0 })) {
      if (event.type === 'message' && event.direction === 'in') say({ said: 'shown', text: event.text });
      if (event.type === 'peer' && event.state === 'online') say({ said: 'peer', id: event.id });
      if (event.type === 'error') say({ said: 'error', code: event.code });
    }
  })();
  const self = (await node.self())._unsafeUnwrap();
  createInterface({ input: process.stdin }).on('line', (line) => {
    const order = JSON.parse(line) as Told;
    if (order.told === 'history') {
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
  });
  say({ said: 'ready', id: self.id, port: self.port });
}

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '{}') as SpawnOptions);
