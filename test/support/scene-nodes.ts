/**
 * Nodes of one scene in this process. They run on loopback with temporary homes, their events are recorded, and the texts
 * that they sent are compared with the texts that arrived.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startNode, type Placing } from '../../src/node/root.js';
import type { WorkerEntries } from '../../src/node/tree.js';
import type { NodeEvent, NodeHandle, NodeOptions } from '../../src/index.js';
import type { TransportStats } from '../../src/actors/transport/protocol.js';
import { eventually } from './deadline.js';
import { temporaryHome } from './program.js';
import { usableNowMs } from './usable-time.js';

export interface SceneNode {
  readonly handle: NodeHandle;
  readonly id: string;
  readonly port: number;
  readonly home: string;
  /** Texts of the messages that arrived, in the order in which they were shown. */
  readonly shown: readonly string[];
  /** Ids of sent messages that were reported as delivered, as often as they were. */
  readonly delivered: readonly string[];
  readonly events: readonly NodeEvent[];
  readonly log: readonly LogLine[];
  /** Called with each event and log line from now on. */
  watch(watcher: (seen: NodeEvent | LogLine) => void): void;
}

export interface LogLine {
  readonly type: 'log';
  readonly atMs: number;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Starts a node. Without workers of the test it runs inline, as the peer of the tested node does. */
export async function startSceneNode(
  context: TestContext,
  options: Partial<NodeOptions> & { readonly name: string; readonly beaconPorts: readonly number[] },
  workers?: WorkerEntries,
  placing: Placing = workers === undefined ? 'inline' : 'threads',
): Promise<SceneNode> {
  const home = options.home ?? temporaryHome(context);
  const log: LogLine[] = [];
  const watchers: ((seen: NodeEvent | LogLine) => void)[] = [];
  const started = await startNode(
    {
      bind: '127.0.0.1',
      port: 0,
      broadcast: ['127.255.255.255'],
      ...options,
      home,
      log(level, event, fields) {
        const line = { type: 'log', atMs: usableNowMs(), event, fields } as const;
        log.push(line);
        if (process.env['SCENE_LOG'] !== undefined)
          process.stderr.write(
            `${line.atMs.toFixed(0)} ${options.name} ${level} ${event} ${JSON.stringify(fields)}\n`,
          );
        for (const watcher of watchers) watcher(line);
      },
    },
    workers,
    placing,
  );
  if (started.isErr()) throw new Error(`${options.name} does not start: ${JSON.stringify(started.error)}`);
  const handle = started.value;
  context.after(() => handle.close());
  const self = (await handle.self())._unsafeUnwrap();
  const shown: string[] = [];
  const delivered: string[] = [];
  const events: NodeEvent[] = [];
  void (async () => {
    for await (const event of handle.events()) {
      events.push(event);
      if (event.type === 'message' && event.direction === 'in') shown.push(event.text);
      if (event.type === 'status' && event.state === 'delivered') delivered.push(event.id);
      for (const watcher of watchers) watcher(event);
    }
  })();
  return {
    handle,
    id: self.id,
    port: self.port,
    home,
    shown,
    delivered,
    events,
    log,
    watch: (watcher) => void watchers.push(watcher),
  };
}

/** Returns how many connections a node holds that others opened, and how many it held at most. */
export async function transportOf(
  handle: NodeHandle,
): Promise<Pick<TransportStats, 'inboundNow' | 'inboundMost'>> {
  const { transport } = (await handle.stats())._unsafeUnwrap();
  const counts = new Map<string, unknown>(Object.entries(transport ?? {}));
  return { inboundNow: Number(counts.get('inboundNow')), inboundMost: Number(counts.get('inboundMost')) };
}

/** Waits until each of the two knows that the other is there. */
export async function untilAcquainted(one: SceneNode, other: SceneNode): Promise<void> {
  const knows = async (node: SceneNode, id: string): Promise<boolean> =>
    (await node.handle.peers()).unwrapOr([]).some((peer) => peer.id === id && peer.state === 'online');
  await eventually(
    async () => (await knows(one, other.id)) && (await knows(other, one.id)),
    10_000,
    'acquainted',
  );
}

export interface MessageFlow {
  /** Texts that were queued, in this order. */
  readonly queued: readonly string[];
  /** Texts whose send failed: they were not queued, or their answer was lost with the actor that gave it. */
  readonly unsure: readonly string[];
  stop(): Promise<void>;
}

/** Sends numbered texts at a steady pace until it is stopped. A text whose send failed is not sent again. */
export function startFlow(from: SceneNode, to: SceneNode, perSecond: number): MessageFlow {
  const queued: string[] = [];
  const unsure: string[] = [];
  const everyMs = 25;
  const end = new AbortController();
  const running = (async () => {
    let number = 0;
    let owed = 0;
    let lastMs = performance.now();
    while (!end.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      const nowMs = performance.now();
      // After a stall the pace is kept, but not caught up in one flood.
      owed = Math.min(perSecond, owed + ((nowMs - lastMs) / 1_000) * perSecond);
      lastMs = nowMs;
      const texts = Array.from({ length: Math.floor(owed) }, () => String((number += 1)));
      if (texts.length === 0) continue;
      owed -= texts.length;
      const sent = await from.handle.sendAll(to.id, texts);
      (sent.isOk() ? queued : unsure).push(...texts);
    }
  })();
  return {
    queued,
    unsure,
    async stop() {
      end.abort();
      await running;
    },
  };
}

/** All that was queued was shown: once, in order, and nothing else but what may have been queued. */
export async function assertArrived(
  { queued, unsure }: Pick<MessageFlow, 'queued' | 'unsure'>,
  at: SceneNode,
  what: string,
): Promise<void> {
  const missing = (): readonly string[] => {
    const seen = new Set(at.shown);
    return queued.filter((text) => !seen.has(text));
  };
  await eventually(() => missing().length === 0, 20_000, `${what}: all is shown`).catch(() => undefined);
  const lost = missing();
  assert.deepEqual(lost, [], `${what}: ${lost.length} of ${queued.length} lost`);
  const twice = at.shown.filter((text, place) => at.shown.indexOf(text) !== place);
  assert.deepEqual(twice, [], `${what}: shown twice`);
  const mayBe = new Set(unsure);
  assert.deepEqual(
    at.shown.filter((text) => !mayBe.has(text)),
    queued,
    `${what}: order`,
  );
}

export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;
