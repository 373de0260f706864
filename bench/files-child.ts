/**
 * One node in a process of its own that offers and takes files, and that sends and takes the same bytes over a bare TCP
 * connection, too: the two ends of `files.bench.ts`.
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { newMessageId, startNode, type NodeHandle, type TransferEvent } from '../src/index.js';

export type FilesOrder =
  | { readonly order: 'start'; readonly home: string; readonly name: string; readonly beaconPort: number }
  | { readonly order: 'accept-contact'; readonly peer: string }
  | { readonly order: 'offer'; readonly peer: string; readonly path: string }
  | { readonly order: 'accept'; readonly id: string; readonly directory: string }
  | { readonly order: 'chat'; readonly peer: string; readonly pauseMs: number; readonly count: number }
  | { readonly order: 'hush'; readonly peer: string }
  | { readonly order: 'plain-take'; readonly path: string }
  | { readonly order: 'plain-send'; readonly port: number; readonly path: string }
  | { readonly order: 'watch-memory' }
  | { readonly order: 'usage' }
  | { readonly order: 'close' };

export type FilesReport =
  | { readonly report: 'ready' | 'accepted-contact' | 'accepted' | 'plain-taken' | 'plain-sent' }
  | { readonly report: 'peer'; readonly name: string }
  | { readonly report: 'transfer'; readonly state: TransferEvent['state']; readonly id: string }
  | { readonly report: 'offered'; readonly id: string }
  | { readonly report: 'chat'; readonly latenciesMs: readonly number[] }
  | { readonly report: 'plain-open'; readonly port: number }
  | { readonly report: 'watching'; readonly rssBytes: number }
  | { readonly report: 'usage'; readonly cpuMs: number; readonly rssMostBytes: number }
  | { readonly report: 'failed'; readonly reason: string };

const tell = (report: FilesReport): void => void process.send?.(report);

let node: NodeHandle | null = null;
let rssMostBytes = 0;
const hushed = new Set<string>();
const arrivals = new Map<string, () => void>();
const states = new Map<string, string>();

async function start({ home, name, beaconPort }: Extract<FilesOrder, { order: 'start' }>): Promise<void> {
  const started = await startNode({
    home,
    name,
    bind: '127.0.0.1',
    port: 0,
    broadcast: ['127.255.255.255'],
    beaconPorts: [beaconPort],
  });
  if (started.isErr()) return tell({ report: 'failed', reason: JSON.stringify(started.error) });
  node = started.value;
  void watch(node);
  tell({ report: 'ready' });
}

async function watch(watched: NodeHandle): Promise<void> {
  for await (const event of watched.events()) {
    if (event.type === 'peer' && event.state === 'online') tell({ report: 'peer', name: event.name });
    if (event.type === 'status' && event.state === 'delivered') arrivals.get(event.id)?.();
    if (event.type !== 'transfer' || states.get(event.id) === event.state) continue;
    states.set(event.id, event.state);
    tell({ report: 'transfer', state: event.state, id: event.id });
  }
}

/** Sends one message after the other, each after the receipt of the one before, until `hush` or the number is reached. */
async function chat(
  handle: NodeHandle,
  { peer, pauseMs, count }: Extract<FilesOrder, { order: 'chat' }>,
): Promise<void> {
  hushed.delete(peer);
  const latenciesMs: number[] = [];
  while (!hushed.has(peer) && latenciesMs.length < count) {
    const id = newMessageId();
    const startedMs = performance.now();
    const arrived = new Promise<void>((resolve) => arrivals.set(id, resolve));
    const sent = await handle.send(peer, 'a word during the transfer', { id });
    if (sent.isErr()) return tell({ report: 'failed', reason: JSON.stringify(sent.error) });
    await arrived;
    arrivals.delete(id);
    latenciesMs.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  tell({ report: 'chat', latenciesMs });
}

/** Takes one connection, and writes its bytes to a file that is synced. */
async function plainTake({ path }: Extract<FilesOrder, { order: 'plain-take' }>): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const taken = once(server, 'connection');
  tell({ report: 'plain-open', port: (server.address() as AddressInfo).port });
  const [socket] = await taken;
  await pipeline(socket, createWriteStream(path));
  const handle = await open(path, 'r+');
  await handle.datasync();
  await handle.close();
  server.close();
  tell({ report: 'plain-taken' });
}

async function plainSend({ port, path }: Extract<FilesOrder, { order: 'plain-send' }>): Promise<void> {
  await pipeline(createReadStream(path, { highWaterMark: 260_000 }), connect(port, '127.0.0.1'));
  tell({ report: 'plain-sent' });
}

type NodeOrder = Extract<FilesOrder, { readonly order: 'accept-contact' | 'offer' | 'accept' | 'chat' }>;

async function act(handle: NodeHandle, order: NodeOrder): Promise<void> {
  switch (order.order) {
    case 'accept-contact': {
      const accepted = await handle.acceptContact(order.peer);
      if (accepted.isErr()) return tell({ report: 'failed', reason: JSON.stringify(accepted.error) });
      return tell({ report: 'accepted-contact' });
    }
    case 'offer': {
      const offered = await handle.offerFiles(order.peer, [order.path]);
      if (offered.isErr()) return tell({ report: 'failed', reason: JSON.stringify(offered.error) });
      return tell({ report: 'offered', id: offered.value.id });
    }
    case 'accept': {
      const accepted = await handle.actOnTransfer(order.id, 'accept', order.directory);
      if (accepted.isErr()) return tell({ report: 'failed', reason: JSON.stringify(accepted.error) });
      return tell({ report: 'accepted' });
    }
    case 'chat':
      return chat(handle, order);
    default:
      return order satisfies never;
  }
}

process.on('message', (order: FilesOrder) => {
  switch (order.order) {
    case 'start':
      void start(order);
      return;
    case 'plain-take':
      void plainTake(order);
      return;
    case 'plain-send':
      void plainSend(order);
      return;
    case 'hush':
      hushed.add(order.peer);
      return;
    case 'watch-memory':
      rssMostBytes = process.memoryUsage.rss();
      tell({ report: 'watching', rssBytes: rssMostBytes });
      return;
    case 'usage': {
      const { user, system } = process.cpuUsage();
      tell({ report: 'usage', cpuMs: (user + system) / 1_000, rssMostBytes });
      return;
    }
    case 'close':
      void node?.close().then(() => process.exit(0));
      return;
    case 'accept-contact':
    case 'offer':
    case 'accept':
    case 'chat':
      if (node !== null) void act(node, order);
      return;
    default:
      order satisfies never;
  }
});

setInterval(() => {
  rssMostBytes = Math.max(rssMostBytes, process.memoryUsage.rss());
}, 50).unref();
