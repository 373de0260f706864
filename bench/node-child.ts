/** One node in a process of its own, driven over the process's message channel: the two ends of `node.bench.ts`. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startNode, type NodeHandle } from '../src/index.js';

export type Order =
  | { readonly order: 'start'; readonly home: string; readonly name: string; readonly beaconPort: number }
  | {
      readonly order: 'send';
      readonly peer: string;
      readonly count: number;
      readonly batch: number;
      readonly text: string;
    }
  | { readonly order: 'lone'; readonly peer: string; readonly count: number }
  | { readonly order: 'accept'; readonly peer: string }
  | { readonly order: 'received' }
  /** `isLoopWatched`: the delay of the main loop is measured from now on. */
  | { readonly order: 'usage'; readonly isLoopWatched?: true }
  | { readonly order: 'close' };

export type Report =
  | { readonly report: 'ready'; readonly readyMs: number; readonly port: number }
  | { readonly report: 'peer'; readonly name: string }
  | { readonly report: 'accepted' }
  | { readonly report: 'sent'; readonly elapsedMs: number; readonly delivered: number }
  | { readonly report: 'lone'; readonly latenciesMs: readonly number[] }
  | { readonly report: 'received'; readonly count: number; readonly isInOrder: boolean }
  | {
      readonly report: 'usage';
      readonly rssBytes: number;
      readonly cpuMs: number;
      /** Of the main loop, since the last report. */
      readonly loopDelayP99Ms: number;
    }
  | { readonly report: 'failed'; readonly reason: string };

const aheadMax = 5_000;

/** Runs once it is asked for: its timer wakes a silent node 200 times a second, which costs 2 % of a core. */
const loopDelay = monitorEventLoopDelay({ resolution: 5 });

const tell = (report: Report): void => void process.send?.(report);

let node: NodeHandle | null = null;
let received = 0;
let isInOrder = true;
let delivered = 0;
let onDelivered: () => void = () => undefined;

async function start({ home, name, beaconPort }: Extract<Order, { order: 'start' }>): Promise<void> {
  const startedMs = performance.now();
  const started = await startNode({
    home,
    name,
    bind: '127.0.0.1',
    port: 0,
    broadcast: ['127.255.255.255'],
    beaconPorts: [beaconPort],
  });
  if (started.isErr()) {
    tell({ report: 'failed', reason: JSON.stringify(started.error) });
    return;
  }
  node = started.value;
  void watch(node);
  const self = await node.self();
  tell({ report: 'ready', readyMs: performance.now() - startedMs, port: self.isOk() ? self.value.port : 0 });
}

async function watch(watched: NodeHandle): Promise<void> {
  for await (const event of watched.events()) {
    if (event.type === 'peer' && event.state === 'online') tell({ report: 'peer', name: event.name });
    if (event.type === 'status' && event.state === 'delivered') {
      delivered += 1;
      onDelivered();
    }
    if (event.type === 'message' && event.direction === 'in') {
      const number = Number(event.text.slice(0, event.text.indexOf(' ')));
      if (!Number.isInteger(number) || number === 0) continue;
      // A new series begins with 1; within one each number follows the one before.
      if (number !== 1 && number !== received + 1) isInOrder = false;
      received = number;
    }
  }
}

/** Lifts the quota of a stranger, as the user of a friend has done. */
async function accept({ peer }: Extract<Order, { order: 'accept' }>): Promise<void> {
  if (node === null) return;
  const accepted = await node.acceptContact(peer);
  tell(
    accepted.isOk() ? { report: 'accepted' } : { report: 'failed', reason: JSON.stringify(accepted.error) },
  );
}

/** Numbered texts as fast as the outbox takes them; done when each has its receipt. */
async function send({ peer, count, batch, text }: Extract<Order, { order: 'send' }>): Promise<void> {
  if (node === null) return;
  delivered = 0;
  const startedMs = performance.now();
  for (let queued = 0; queued < count; queued += batch) {
    // Some batches ahead of the receipts, well below the bound of the outbox.
    await untilDelivered(queued - aheadMax);
    const size = Math.min(batch, count - queued);
    const texts = Array.from({ length: size }, (_, at) => `${queued + at + 1} ${text}`);
    const sent = await node.sendAll(peer, texts);
    if (sent.isErr()) {
      tell({ report: 'failed', reason: JSON.stringify(sent.error) });
      return;
    }
  }
  await untilDelivered(count);
  tell({ report: 'sent', elapsedMs: performance.now() - startedMs, delivered });
}

const untilDelivered = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onDelivered = () => {
      if (delivered >= count) resolve();
    };
    onDelivered();
  });

/** One message at a time, each after the receipt of the one before. */
async function lone({ peer, count }: Extract<Order, { order: 'lone' }>): Promise<void> {
  if (node === null) return;
  const latenciesMs: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const startedMs = performance.now();
    const arrived = new Promise<void>((resolve) => (onDelivered = resolve));
    await node.send(peer, '0 a lone message');
    await arrived;
    latenciesMs.push(performance.now() - startedMs);
  }
  tell({ report: 'lone', latenciesMs });
}

process.on('message', (order: Order) => {
  switch (order.order) {
    case 'start':
      void start(order);
      return;
    case 'send':
      void send(order);
      return;
    case 'lone':
      void lone(order);
      return;
    case 'accept':
      void accept(order);
      return;
    case 'received':
      tell({ report: 'received', count: received, isInOrder });
      return;
    case 'usage': {
      if (order.isLoopWatched === true) loopDelay.enable();
      const { user, system } = process.cpuUsage();
      const rssBytes = process.memoryUsage.rss();
      const loopDelayP99Ms = loopDelay.percentile(99) / 1e6;
      loopDelay.reset();
      tell({ report: 'usage', rssBytes, cpuMs: (user + system) / 1_000, loopDelayP99Ms });
      return;
    }
    case 'close':
      void node?.close().then(() => process.exit(0));
  }
});
