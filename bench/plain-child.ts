/**
 * One end of the plainest program that keeps what it confirms: lines over TCP, each batch written to the disk by both
 * ends, and confirmed after that. It neither encrypts nor numbers nor marks. The reference of `node.bench.ts`.
 */
import Database from 'libsql';
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** `log`: appended to a file, with one fsync for a batch. `libsql`: one synced transaction for a batch. */
export type Store = 'log' | 'libsql';

export type PlainOrder =
  | { readonly order: 'listen'; readonly home: string; readonly store: Store }
  | { readonly order: 'connect'; readonly home: string; readonly store: Store; readonly port: number }
  | { readonly order: 'send'; readonly count: number; readonly batch: number; readonly text: string }
  | { readonly order: 'usage' | 'close' };

export type PlainReport =
  | { readonly report: 'listening'; readonly port: number }
  | { readonly report: 'connected' }
  | { readonly report: 'sent'; readonly elapsedMs: number }
  | { readonly report: 'usage'; readonly cpuMs: number };

const aheadMax = 5_000;
const tell = (report: PlainReport): void => void process.send?.(report);

let keep: (lines: readonly string[]) => void = () => undefined;
let socket: Socket | null = null;
let confirmed = 0;
let onConfirmed: () => void = () => undefined;

function keeperOf(store: Store, home: string): typeof keep {
  if (store === 'log') {
    const file = openSync(join(home, 'log'), 'a');
    return (lines) => {
      writeSync(file, `${lines.join('\n')}\n`);
      fsyncSync(file);
    };
  }
  const database = new Database(join(home, 'log.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE line(seq INTEGER PRIMARY KEY, text BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO line(text) VALUES (?)');
  return (lines) => {
    database.exec('BEGIN');
    for (const line of lines) insert.run([Buffer.from(line)]);
    database.exec('COMMIT');
  };
}

/** Cuts what arrives into lines; what is not ended yet waits. */
function onLines(from: Socket, take: (lines: readonly string[]) => void): void {
  let rest = '';
  from.setNoDelay(true);
  from.setEncoding('latin1');
  from.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) take(lines);
  });
  from.on('error', () => undefined);
}

function listen(): void {
  const server = createServer((from) => {
    let waiting: string[] = [];
    onLines(from, (lines) => {
      if (waiting.length === 0)
        setImmediate(() => {
          const batch = waiting;
          waiting = [];
          keep(batch);
          from.write(`${batch.length}\n`);
        });
      waiting.push(...lines);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    tell({ report: 'listening', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  });
}

const untilConfirmed = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onConfirmed = () => {
      if (confirmed >= count) resolve();
    };
    onConfirmed();
  });

async function send({ count, batch, text }: Extract<PlainOrder, { order: 'send' }>): Promise<void> {
  confirmed = 0;
  const startedMs = performance.now();
  for (let sent = 0; sent < count; sent += batch) {
    await untilConfirmed(sent - aheadMax);
    const lines = Array.from(
      { length: Math.min(batch, count - sent) },
      (_, at) => `${sent + at + 1} ${text}`,
    );
    keep(lines);
    socket?.write(`${lines.join('\n')}\n`);
  }
  await untilConfirmed(count);
  tell({ report: 'sent', elapsedMs: performance.now() - startedMs });
}

process.on('message', (order: PlainOrder) => {
  switch (order.order) {
    case 'listen':
      keep = keeperOf(order.store, order.home);
      listen();
      return;
    case 'connect': {
      keep = keeperOf(order.store, order.home);
      const opened = connect(order.port, '127.0.0.1', () => tell({ report: 'connected' }));
      onLines(opened, (lines) => {
        for (const line of lines) confirmed += Number(line);
        onConfirmed();
      });
      socket = opened;
      return;
    }
    case 'send':
      void send(order);
      return;
    case 'usage': {
      const { user, system } = process.cpuUsage();
      tell({ report: 'usage', cpuMs: (user + system) / 1_000 });
      return;
    }
    case 'close':
      process.exit(0);
  }
});
