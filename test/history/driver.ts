/** Runs the history actor in this thread, batch by batch, as the runtime would: handlers, then `settle`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { err, ok, type Result } from 'neverthrow';
import { history, type HistoryArgs } from '../../src/actors/history/history.js';
import type { HistoryState } from '../../src/actors/history/upkeep.js';
import { textContent, type NewEntry } from '../../src/chat/delivery/entry.js';
import {
  directConversation,
  messageIdFromBytes,
  parsePeerId,
  type MessageId,
  type PeerId,
} from '../../src/ids.js';
import type { BodyOf, CallName, Context, Fault, FaultOf, ReplyOf, Step } from '../../src/runtime/actor.js';
import { unjoined } from '../support/actor-driver.js';
import type { HistoryProtocol } from '../../src/actors/history/protocol.js';
import { hangMs } from '../support/deadline.js';

type P = HistoryProtocol;
type Name = CallName<P>;
export type Answer<N extends Name> = Result<ReplyOf<P, N>, FaultOf<P, N>>;
export interface Request<N extends Name> {
  readonly name: N;
  readonly body: BodyOf<P, N>;
}

export const request = <N extends Name>(name: N, body: BodyOf<P, N>): Request<N> => ({ name, body });

export interface Driver {
  readonly state: HistoryState;
  readonly log: string[];
  /** A batch of one. */
  call<N extends Name>(name: N, body: BodyOf<P, N>): Promise<Answer<N>>;
  /** Several requests that arrived together. */
  batch<N extends Name>(requests: readonly Request<N>[]): Promise<readonly Answer<N>[]>;
  /** Runs the messages that the actor planned for itself, until none is left or `isEnough` is true. */
  idle(isEnough?: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

type AnyHandler = (
  state: HistoryState,
  body: unknown,
  context: Context<P, Record<never, never>>,
  from: { ok(value: unknown): void; err(fault: Fault): void },
) => Step<HistoryState, unknown, Fault> | Promise<Step<HistoryState, unknown, Fault>>;

/** Starts the actor. Errors: those of its `init`. */
export async function start(
  file: string,
  more: Omit<HistoryArgs, 'file'> = {},
): Promise<Result<Driver, Fault>> {
  const planned: { readonly body: Record<string, never>; readonly dueMs: number }[] = [];
  const log: string[] = [];
  const context: Context<P, Record<never, never>> = {
    id: 'history',
    restarts: 0,
    links: {},
    messageId: null,
    self: (_name, body) => {
      planned.push({ body, dueMs: 0 });
      return ok(undefined);
    },
    after(delayMs, _name, body) {
      planned.push({ body, dueMs: performance.now() + delayMs });
      return () => undefined;
    },
    every: () => () => undefined,
    address: { id: 'history' },
    ...unjoined,
    log: (level, event, fields) => void log.push(`${level} ${event} ${JSON.stringify(fields)}`),
  };
  const started = await history.init({ file, ...more }, context);
  if (started.isErr()) return err(started.error);
  const state = started.value;
  let isStopped = false;

  const handle = async (name: keyof P, body: unknown) => {
    const answers: Result<unknown, Fault>[] = [];
    const handler = history.receive[name] as AnyHandler;
    const step = await handler(state, body, context, {
      ok: (value) => void answers.push(ok(value)),
      err: (fault) => void answers.push(err(fault)),
    });
    if (step.step === 'reply') answers.push(step.result);
    return answers;
  };
  const runPlanned = async (): Promise<boolean> => {
    const one = planned.shift();
    if (one === undefined) return false;
    const waitMs = one.dueMs - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    await handle('index', one.body);
    await history.settle?.(state, context);
    return true;
  };
  const batch = async <N extends Name>(requests: readonly Request<N>[]): Promise<readonly Answer<N>[]> => {
    const all: Result<unknown, Fault>[][] = [];
    for (const { name, body } of requests) all.push(await handle(name, body));
    await history.settle?.(state, context);
    // A search may wait for slices of the index, which the actor has planned then.
    while (all.some((answers) => answers.length === 0) && (await runPlanned()));
    return all.map(([answer, ...more]) => {
      assert.ok(answer !== undefined && more.length === 0, 'answered once');
      return answer as unknown as Answer<N>;
    });
  };
  return ok({
    state,
    log,
    batch,
    async call<N extends Name>(name: N, body: BodyOf<P, N>) {
      const [answer] = await batch([request(name, body)]);
      if (answer === undefined) throw new Error('no answer');
      return answer;
    },
    async idle(isEnough = () => planned.length === 0) {
      const deadlineMs = performance.now() + hangMs;
      while (!isEnough()) {
        if (performance.now() > deadlineMs) throw new Error('never idle');
        await runPlanned();
      }
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      await history.terminate?.(state, { type: 'normal' });
    },
  });
}

/** Returns the damaged files that a history set aside, and the number of entries salvaged from each; null: not done yet. */
export function asidesOf({
  log,
}: Driver): readonly { readonly file: string; readonly entries: number | null }[] {
  const logged = (event: string) =>
    log.flatMap((entry) => {
      const [, name, ...fields] = entry.split(' ');
      return name === event
        ? [JSON.parse(fields.join(' ')) as { readonly file: string; readonly entries?: number }]
        : [];
    });
  const salvaged = logged('history-salvaged');
  return logged('history-damaged-set-aside').map(({ file }) => ({
    file,
    entries: salvaged.find((each) => each.file === file)?.entries ?? null,
  }));
}

/** A home for one test, mode 0700. */
export function temporaryHome(): {
  readonly home: string;
  readonly file: string;
  readonly remove: () => void;
} {
  const home = mkdtempSync(join(tmpdir(), 'parlance-history-'));
  return {
    home,
    file: join(home, 'history.db'),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A peer by its number. */
export const peer = (number: number): PeerId =>
  parsePeerId(`synergy://10.0.${String(number >> 8)}.${String(number & 255)}:8080`)._unsafeUnwrap();

/** A message id by its number. */
export function messageId(number: number): MessageId {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(2, number);
  return messageIdFromBytes(bytes);
}

/** Makes an outgoing native entry to peer 1, except for the given fields. */
export function entry(
  number: number,
  { text = `message ${String(number)}`, ...given }: Partial<NewEntry> & { readonly text?: string } = {},
): NewEntry {
  const peerId = given.peerId ?? peer(1);
  return {
    id: messageId(number),
    direction: 'out',
    peerId,
    peer: 'bob',
    conversation: directConversation(peerId),
    content: textContent(text),
    sentAtMs: 1_700_000_000_000 + number,
    receivedAtMs: 1_700_000_000_000 + number,
    dialect: 'native',
    encryption: 'noise',
    verified: false,
    state: 'queued',
    ...given,
  };
}

/** Runs `test` with a driver on a fresh home; everything is closed and removed after. */
export async function withHistory(
  test: (driver: Driver, file: string, home: string) => Promise<void>,
  more: Omit<HistoryArgs, 'file'> = {},
): Promise<void> {
  const { home, file, remove } = temporaryHome();
  try {
    const driver = (await start(file, more))._unsafeUnwrap();
    await test(driver, file, home);
    await driver.stop();
  } finally {
    remove();
  }
}
