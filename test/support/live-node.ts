/**
 * Nodes as an embedding program has them: in this process, with a home of their own, everything they tell kept and
 * waited for with a deadline. Nodes of one scene share a beacon port; other scenes do not hear them. Their actors run
 * inline unless a test says otherwise: rules of the node do not depend on threads, and threads cost a second of CPU.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ResultAsync } from 'neverthrow';
import type { MessageEvent, NodeEvent, PeerEvent, StatusEvent } from '../../src/chat/events.js';
import type { NodeHandle, NodeOptions } from '../../src/node/handle.js';
import { startNode, type Placing } from '../../src/node/root.js';
import { temporaryHome } from './program.js';
import { hangMs } from './deadline.js';

export interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LiveNode {
  readonly handle: NodeHandle;
  readonly home: string;
  readonly port: number;
  readonly id: string;
  /** All events so far. */
  readonly events: readonly NodeEvent[];
  readonly log: readonly LogLine[];
  /** Waits for the first event, past or future, for which `pick` does not return `undefined`. */
  until<T>(pick: (event: NodeEvent) => T | undefined, what: string, deadlineMs?: number): Promise<T>;
  untilLogged(event: string, wanted?: (fields: LogLine['fields']) => boolean): Promise<LogLine>;
  /** Received texts in the order of their events. */
  heard(): readonly string[];
  close(): Promise<void>;
}

export interface LiveNodeOptions extends Partial<NodeOptions> {
  readonly name: string;
  readonly beaconPort: number;
  readonly placing?: Placing;
  /** Starts the node; missing: this version does. */
  readonly start?: (options: NodeOptions) => ReturnType<typeof startNode>;
}

/** Started, and closed when the test ends. */
export async function liveNode(context: TestContext, options: LiveNodeOptions): Promise<LiveNode> {
  const { beaconPort, placing = 'inline', start, ...rest } = options;
  const home = options.home ?? temporaryHome(context);
  const events: NodeEvent[] = [];
  const log: LogLine[] = [];
  const checks = new Set<() => void>();
  const check = (): void => {
    for (const each of checks) each();
  };
  const complete: NodeOptions = {
    bind: '127.0.0.1',
    port: 0,
    broadcast: ['127.255.255.255'],
    beaconPorts: [beaconPort],
    beaconIntervalMs: 1_000,
    ...rest,
    home,
    log(_level, event, fields) {
      log.push({ event, fields });
      check();
    },
  };
  const started = await (start === undefined ? startNode(complete, undefined, placing) : start(complete));
  if (started.isErr()) assert.fail(JSON.stringify(started.error));
  const handle = started.value;
  context.after(() => handle.close());
  const reading = (async () => {
    for await (const event of handle.events()) {
      events.push(event);
      check();
    }
  })();

  function wait<T>(find: () => T | undefined, what: string, deadlineMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        checks.delete(look);
        const tail = [...events.slice(-8), ...log.slice(-4)].map((each) =>
          JSON.stringify(each).slice(0, 300),
        );
        reject(new Error(`${options.name}: ${what}: not within ${deadlineMs} ms; last:\n${tail.join('\n')}`));
      }, deadlineMs);
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        checks.delete(look);
        resolve(found);
      };
      checks.add(look);
      look();
    });
  }

  const self = await must(handle.self());
  return {
    handle,
    home,
    port: self.port,
    id: self.id,
    events,
    log,
    until(pick, what, deadlineMs = hangMs) {
      let at = 0;
      return wait(
        () => {
          for (; at < events.length; at += 1) {
            const event = events[at];
            const found = event === undefined ? undefined : pick(event);
            if (found !== undefined) return found;
          }
          return undefined;
        },
        what,
        deadlineMs,
      );
    },
    untilLogged: (event, wanted = () => true) =>
      wait(() => log.find((line) => line.event === event && wanted(line.fields)), `log of ${event}`, hangMs),
    heard: () => events.filter(isIncoming).map(({ text }) => text),
    async close() {
      await handle.close();
      await reading;
    },
  };
}

/** The value; a failure fails the test. */
export async function must<T, E>(result: ResultAsync<T, E>): Promise<T> {
  const settled = await result;
  return settled.isOk() ? settled.value : assert.fail(JSON.stringify(settled.error));
}

/** The code of the failure; a success fails the test. */
export async function refusal(result: ResultAsync<unknown, { readonly code: string }>): Promise<string> {
  const settled = await result;
  return settled.isErr() ? settled.error.code : assert.fail(`not refused: ${JSON.stringify(settled.value)}`);
}

const isIncoming = (event: NodeEvent): event is MessageEvent =>
  event.type === 'message' && event.direction === 'in';

export const message =
  (text: string) =>
  (event: NodeEvent): MessageEvent | undefined =>
    isIncoming(event) && event.text === text ? event : undefined;

export const status =
  (id: string, state: StatusEvent['state']) =>
  (event: NodeEvent): StatusEvent | undefined =>
    event.type === 'status' && event.id === id && event.state === state ? event : undefined;

export const peer =
  (id: string, state: PeerEvent['state']) =>
  (event: NodeEvent): PeerEvent | undefined =>
    event.type === 'peer' && event.id === id && event.state === state ? event : undefined;

export const failure =
  (code: string) =>
  (event: NodeEvent): NodeEvent | undefined =>
    event.type === 'error' && event.code === code ? event : undefined;

/** Until each is in the roster of the other. */
export async function untilMet(one: LiveNode, other: LiveNode): Promise<void> {
  await Promise.all([
    one.until(peer(other.id, 'online'), 'the other is there'),
    other.until(peer(one.id, 'online'), 'the other is there'),
  ]);
}

/** Says it and waits until it is delivered. */
export async function deliver(from: LiveNode, to: string, text: string): Promise<void> {
  const [queued] = await sendPatiently(from.handle, to, [text]);
  assert.ok(queued !== undefined);
  await from.until(status(queued.id, 'delivered'), `"${text.slice(0, 40)}" is delivered`);
}

/**
 * Sends texts. To an address: on a busy machine a handshake may miss its three seconds, nothing is queued then, and
 * the user tries again.
 */
export async function sendPatiently(
  handle: NodeHandle,
  to: string,
  texts: readonly string[],
): Promise<readonly StatusEvent[]> {
  let sent = await handle.sendAll(to, texts);
  for (let tries = 1; sent.isErr() && sent.error.code === 'session/deadline' && tries < 10; tries += 1)
    sent = await handle.sendAll(to, texts);
  return must(new ResultAsync(Promise.resolve(sent)));
}
