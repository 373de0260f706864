/**
 * The feed of a node's events: published once, read by any number of readers at their own pace. A reader that falls
 * too far behind is ended with an error event, so that a stuck reader never holds memory or the node.
 */
import { lostLogEvent, setAsideLogEvent } from '../actors/history/protocol.js';
import type { Log } from '../runtime/tree/spec.js';
import type { ErrorEvent, NodeEvent } from '../chat/events.js';
import { feed as limits } from './limits.js';

/** The feed of one node. */
export interface Feed {
  publish(event: NodeEvent): void;
  /** Publishes a failure and keeps it: every later reader gets it before other events. */
  keep(event: ErrorEvent): void;
  /** Opens a reader of the events from now on. It ends after `bye`. */
  read(): FeedReader;
  /**
   * Returns the greatest `seq` published so far. Before the first message it is `newestStored` of the first call, which
   * is the greatest stored `seq` at the start of this run.
   */
  publishedSeq(newestStored: number): number;
  /** Publishes `bye` and ends every reader. Idempotent. */
  end(): void;
}

/** A reader of events. `return` ends it. */
export interface FeedReader extends AsyncIterableIterator<NodeEvent> {
  return(): Promise<IteratorResult<NodeEvent>>;
}

/** Whether the event tells of an entry of the history, which a core that starts again need not publish twice. */
const isStored = (event: NodeEvent): event is Extract<NodeEvent, { readonly type: StoredType }> =>
  storedTypes.has(event.type);

type StoredType = 'message' | 'edit' | 'delete' | 'reaction' | 'timer';
const storedTypes: ReadonlySet<string> = new Set<StoredType>([
  'message',
  'edit',
  'delete',
  'reaction',
  'timer',
]);

/** Opens a feed without readers. */
export function openFeed(): Feed {
  const readers = new Set<Queue>();
  const kept: ErrorEvent[] = [];
  let isOver = false;
  let newestSeq: number | null = null;
  const publish = (event: NodeEvent): void => {
    if (isStored(event)) newestSeq = Math.max(newestSeq ?? 0, event.seq);
    for (const reader of readers) if (!reader.push(event)) readers.delete(reader);
  };
  return {
    publish,
    keep(event) {
      kept.push(event);
      publish(event);
    },
    publishedSeq: (newestStored) => (newestSeq ??= newestStored),
    read() {
      const queue = openQueue(() => readers.delete(queue));
      for (const event of kept) queue.push(event);
      if (isOver) queue.end();
      else readers.add(queue);
      return queue.reader;
    },
    end() {
      if (isOver) return;
      isOver = true;
      publish({ type: 'bye' });
      for (const reader of readers) reader.end();
      readers.clear();
    },
  };
}

interface Queue {
  readonly reader: FeedReader;
  /** Adds an event. False: the reader has ended. */
  push(event: NodeEvent): boolean;
  end(): void;
}

function openQueue(forget: () => void): Queue {
  let waiting: NodeEvent[] = [];
  /** Index in `waiting` of the next event to read. */
  let nextIndex = 0;
  let isOver = false;
  let wake: ((result: IteratorResult<NodeEvent>) => void) | null = null;
  const done: IteratorResult<NodeEvent> = { done: true, value: undefined };

  const take = (): NodeEvent | undefined => {
    const event = waiting[nextIndex];
    if (event === undefined) return undefined;
    nextIndex += 1;
    if (nextIndex === waiting.length) {
      waiting = [];
      nextIndex = 0;
    }
    return event;
  };
  const end = (): void => {
    isOver = true;
    wake?.(done);
    wake = null;
  };
  const reader: FeedReader = {
    [Symbol.asyncIterator]: () => reader,
    next() {
      const event = take();
      if (event !== undefined) return Promise.resolve({ done: false, value: event });
      if (isOver) return Promise.resolve(done);
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    return() {
      forget();
      waiting = [];
      nextIndex = 0;
      end();
      return Promise.resolve(done);
    },
  };
  return {
    reader,
    end,
    push(event) {
      if (isOver) return false;
      if (wake !== null) {
        wake({ done: false, value: event });
        wake = null;
        return true;
      }
      if (waiting.length - nextIndex >= limits.eventsWaitingMax) {
        const message = 'this reader was too slow; read again with --since';
        waiting = [{ type: 'error', code: 'feed/too-slow', message }];
        nextIndex = 0;
        end();
        return false;
      }
      waiting.push(event);
      return true;
    },
  };
}

/** Returns the sentence about a log line that reports damage of the history; null: the line reports something else. */
export function damageSentence(event: string, { file, reason }: Parameters<Log>[2]): string | null {
  if (event === lostLogEvent)
    return `${String(file)} was missing or empty: its messages are gone, and the pinned keys were kept; to bring it back, end the node and restore the file from a backup`;
  if (event === setAsideLogEvent)
    return `the history was damaged (${String(reason)}); the damaged file is kept as ${String(file)}`;
  return null;
}
