/** A small tree for the tests: a journal in this thread, a worker wherever the test wants it, a log of events. */
import { after } from 'node:test';
import {
  address,
  child,
  startSupervisor,
  type Placement,
  type Supervisor,
  type SupervisorEvent,
  type SupervisorSpec,
  type SystemOptions,
} from '../../src/runtime/index.js';
import { journal, store, worker, type JournalProtocol, type WorkArgs } from './actors.js';
import { hangMs } from '../support/deadline.js';
import { threadEntry } from '../support/programs.js';

export const entry = threadEntry('runtime/worker');
export const inline: Placement = { kind: 'inline' };
export const own: Placement = { kind: 'thread', entry };
export const shared: Placement = { kind: 'thread', entry, thread: 'shared' };
export const places = { inline, 'in its own thread': own, 'in a shared thread': shared };
export const threads = { 'its own thread': own, 'a shared thread': shared };

export const notes = child(journal, { args: null, links: {}, placement: inline });
export const workerAt = (placement: Placement, id = 'worker', args: WorkArgs = {}) =>
  child(worker, { id, args, links: { journal: address<JournalProtocol>('journal') }, placement });
export const storeAt = (placement: Placement) => child(store, { args: null, links: {}, placement });

export interface Tree {
  readonly root: Supervisor;
  readonly events: readonly SupervisorEvent[];
  /** Resolves with the first event (also a past one) that is wanted. */
  readonly event: (
    isWanted: (event: SupervisorEvent) => boolean,
    deadlineMs?: number,
  ) => Promise<SupervisorEvent>;
  readonly journal: () => Promise<readonly { readonly by: string; readonly n: number }[]>;
}

type TreeSpec = Partial<SupervisorSpec & SystemOptions> & Pick<SupervisorSpec, 'children'>;

/** Started by a test, and stopped at its end: a tree that a failed test left running would keep its file from ending. */
export async function startTree(spec: TreeSpec): Promise<Tree> {
  const tree = await openTree(spec);
  after(() => tree.root.stop());
  return tree;
}

/** The same in a program without tests. */
export async function openTree(spec: TreeSpec): Promise<Tree> {
  const log: string[] = [];
  const root = (
    await startSupervisor({
      name: 'root',
      strategy: 'one-for-one',
      inline: 'strict',
      log: (level, event, fields) => log.push(`${level} ${event} ${JSON.stringify(fields)}`),
      ...spec,
    })
  )._unsafeUnwrap();
  const events: SupervisorEvent[] = [];
  const waiting = new Set<() => void>();
  root.onEvent((event) => {
    events.push(event);
    for (const check of waiting) check();
  });
  return {
    root,
    events,
    event: (isWanted, deadlineMs = hangMs) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = events.find(isWanted);
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(found);
        };
        const timer = setTimeout(
          () => reject(new Error(`no such event among ${JSON.stringify(events)}\n${log.join('\n')}`)),
          deadlineMs,
        );
        waiting.add(check);
        check();
      }),
    journal: async () => (await root.ref(notes).call('read', null))._unsafeUnwrap(),
  };
}

/** Checks a condition with growing pauses until it is true; for conditions that no event reports. */
export async function until(isTrue: () => boolean | Promise<boolean>, deadlineMs = hangMs): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  for (let pauseMs = 5; !(await isTrue()); pauseMs = Math.min(pauseMs * 1.2, 40)) {
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
