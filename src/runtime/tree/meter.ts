/** Counters of a system for a meter of the embedder, such as one of OpenTelemetry, whose API has these shapes. */
import type { DeadLetter } from '../link/protocol.js';
import type { SystemStats } from './stats.js';

/** Attributes of a counted event. */
export type MeterAttributes = Record<string, string>;

/** The instruments of a meter that are used. */
export interface Meter {
  createCounter(name: string, options?: InstrumentOptions): MeterCounter;
  createObservableGauge(name: string, options?: InstrumentOptions): MeterObservable;
  createObservableCounter(name: string, options?: InstrumentOptions): MeterObservable;
}

/** Options of an instrument. */
export interface InstrumentOptions {
  readonly description?: string;
  readonly unit?: string;
}

/** A counter. */
export interface MeterCounter {
  add(value: number, attributes?: MeterAttributes): void;
}

/** An instrument that is read by a callback. */
export interface MeterObservable {
  addCallback(callback: MeterCallback): void;
  removeCallback(callback: MeterCallback): void;
}

/** Reports the value of an instrument. */
export type MeterCallback = (result: {
  observe(value: number, attributes?: MeterAttributes): void;
}) => void | Promise<void>;

/** The events that are counted, and any other. */
type MeteredEvent =
  | { readonly type: 'restarted'; readonly id: string }
  | { readonly type: 'dead-letter'; readonly letter: DeadLetter }
  | { readonly type: 'started' | 'exited' | 'restart-failed' | 'gave-up' };

/** Counts from now on. Returns the listener for events, and the function that ends the observations. */
export function connectMeter(
  meter: Meter,
  stats: () => Promise<SystemStats>,
): { readonly onEvent: (event: MeteredEvent) => void; readonly end: () => void } {
  const restarts = meter.createCounter('actor.restarts', { unit: '{restart}' });
  const letters = meter.createCounter('actor.dead_letters', { unit: '{message}' });
  const observed: (readonly [MeterObservable, MeterCallback])[] = [
    [
      meter.createObservableGauge('actor.mailbox.depth', { unit: '{message}' }),
      async (result) => {
        for (const { id, mailboxDepth } of (await stats()).actors)
          result.observe(mailboxDepth, { actor: id });
      },
    ],
    [
      meter.createObservableCounter('actor.handled', { unit: '{message}' }),
      async (result) => {
        for (const { id, handled } of (await stats()).actors) result.observe(handled, { actor: id });
      },
    ],
    [
      meter.createObservableGauge('actor.thread.heap_used', { unit: 'By' }),
      async (result) => {
        for (const { name, heapUsedBytes } of (await stats()).threads)
          result.observe(heapUsedBytes, { thread: name });
      },
    ],
  ];
  for (const [instrument, callback] of observed) instrument.addCallback(callback);
  return {
    onEvent(event) {
      if (event.type === 'restarted') restarts.add(1, { actor: event.id });
      else if (event.type === 'dead-letter') {
        const { actor, reason, count = 1 } = event.letter;
        letters.add(count, { actor, reason });
      }
    },
    end() {
      for (const [instrument, callback] of observed) instrument.removeCallback(callback);
    },
  };
}
