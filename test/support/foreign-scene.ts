/** One node in this process with older programs switched on, and ways to wait for its events. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type {
  ForeignDialectName,
  MessageEvent,
  NodeEvent,
  NodeHandle,
  NodeOptions,
} from '../../src/index.js';
import { startNode, type Placing } from '../../src/node/root.js';
import { hangMs } from './deadline.js';
import { freeUdpPort } from './free-port.js';

export interface Scene {
  readonly node: NodeHandle;
  readonly home: string;
  readonly beaconPort: number;
  readonly seen: readonly NodeEvent[];
  /** The node's port of a dialect that has one of its own, or the shared one. */
  port(dialect?: ForeignDialectName): number;
  /** The first event for which `wanted` holds, seen already or still to come. */
  until<T extends NodeEvent>(
    wanted: (event: NodeEvent) => event is T,
    deadlineMs?: number,
    what?: string,
  ): Promise<T>;
  /** Texts that came in over `dialect`, in their order, once there are `count`. */
  texts(dialect: ForeignDialectName, count: number, deadlineMs?: number): Promise<readonly string[]>;
}

/** Starts the node on free ports. Its beacons stay within the scene. */
export async function startScene(
  t: TestContext,
  options: Partial<NodeOptions> = {},
  placing: Placing = 'inline',
): Promise<Scene> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'parlance-test-'));
  const beaconPort = await freeUdpPort();
  const started = await startNode(
    {
      home,
      name: 'nora',
      bind: '127.0.0.1',
      port: 0,
      broadcast: ['127.255.255.255'],
      beaconPorts: [beaconPort],
      dialects: ['all'],
      listen: ['chatbuddy=0', 'cse310=0'],
      ...options,
    },
    undefined,
    placing,
  );
  if (started.isErr()) throw new Error(JSON.stringify(started.error));
  const node = started.value;
  t.after(async () => {
    await node.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  const self = (await node.self())._unsafeUnwrap();
  const seen: NodeEvent[] = [];
  const checks = new Set<() => void>();
  void (async () => {
    for await (const event of node.events()) {
      seen.push(event);
      for (const check of checks) check();
    }
  })();

  const wait = <T>(find: () => T | undefined, what: string, deadlineMs: number): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = find();
        // Each event is progress; a deadline of its own is a claim.
        if (found === undefined && deadlineMs >= hangMs) timer.refresh();
        if (found === undefined) return;
        clearTimeout(timer);
        checks.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        checks.delete(check);
        reject(new Error(`${what} not within ${deadlineMs} ms; last: ${JSON.stringify(seen.slice(-8))}`));
      }, deadlineMs);
      checks.add(check);
      check();
    });

  return {
    node,
    home,
    beaconPort,
    seen,
    port: (dialect) => self.foreignPorts?.find((own) => own.dialect === dialect)?.port ?? self.port,
    until(wanted, deadlineMs = hangMs, what = 'an event') {
      // Each event is looked at once: a scene has thousands.
      let looked = 0;
      const find = () => {
        const event = seen.slice(looked).find(wanted);
        looked = seen.length;
        return event;
      };
      return wait(find, what, deadlineMs);
    },
    texts: (dialect, count, deadlineMs = hangMs) =>
      wait(
        () => {
          const texts = incoming(seen, dialect).map(({ text }) => text);
          return texts.length >= count ? texts : undefined;
        },
        `${count} texts over ${dialect}`,
        deadlineMs,
      ),
  };
}

export const incoming = (seen: readonly NodeEvent[], dialect: string): readonly MessageEvent[] =>
  seen.filter(
    (event): event is MessageEvent =>
      event.type === 'message' && event.direction === 'in' && event.dialect === dialect,
  );

/** How many connections to the shared port ended before it was known what they speak, by reason. */
export async function unheardOf({ node }: Scene): Promise<unknown> {
  const { transport } = (await node.stats())._unsafeUnwrap();
  return typeof transport === 'object' && transport !== null ? Reflect.get(transport, 'unheard') : null;
}
