/**
 * Records what the actors of one thread do, for a timeline as Chrome and Perfetto show it: a bar for each handler, and an
 * arrow from the place where a message was sent to the bar that handles it. Names and times, never bodies.
 */

/** An event of the trace format of Chrome, times in µs. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  /** `X`: a bar. `s` and `f`: both ends of an arrow. `M`: a name. */
  readonly ph: 'X' | 's' | 'f' | 'M';
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly id?: string;
  /** The arrow ends at the bar that encloses it. */
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, string>>;
}

const usPerMs = 1_000;
/** The newest events that a thread keeps, about 10 MB. */
const eventsMax = 50_000;
/** A bar for what is sent by code outside any handler, which an arrow could not begin at otherwise. */
const sendUs = 1;

/** The events of one thread. */
export class Recorder {
  readonly #pid = process.pid;
  readonly #tid: number;
  #events: TraceEvent[] = [];

  /** `tid`: number of the thread. */
  constructor(tid: number) {
    this.#tid = tid;
  }

  sent(id: string, name: string, from: string): void {
    const ts = this.#nowUs();
    if (from === '') this.#add({ ...this.#at(name, ts), ph: 'X', dur: sendUs });
    this.#add({ ...this.#at(name, ts), ph: 's', id });
  }

  /** `startedMs`: of `performance.now()`. `id`: of a message of another actor. */
  handled(actor: string, name: string, id: string | null, startedMs: number): void {
    const ts = (performance.timeOrigin + startedMs) * usPerMs;
    const dur = Math.max(1, (performance.now() - startedMs) * usPerMs);
    this.#add({ ...this.#at(`${actor} ${name}`, ts), ph: 'X', dur, args: { actor } });
    if (id !== null) this.#add({ ...this.#at(name, ts), ph: 'f', bp: 'e', id });
  }

  /** Gives what was recorded since this was last asked. */
  take(): readonly TraceEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #nowUs(): number {
    return (performance.timeOrigin + performance.now()) * usPerMs;
  }

  #at(name: string, ts: number): Pick<TraceEvent, 'name' | 'cat' | 'ts' | 'pid' | 'tid'> {
    return { name, cat: 'actor', ts, pid: this.#pid, tid: this.#tid };
  }

  #add(event: TraceEvent): void {
    this.#events.push(event);
    if (this.#events.length > eventsMax) this.#events.splice(0, eventsMax / 2);
  }
}

/** The file that `chrome://tracing` and Perfetto open. */
export function traceFile(
  threads: readonly { readonly name: string; readonly events: readonly TraceEvent[] }[],
): string {
  const names = threads.flatMap(({ name, events: [first] }): TraceEvent[] =>
    first === undefined
      ? []
      : [
          {
            name: 'thread_name',
            cat: 'actor',
            ph: 'M',
            ts: 0,
            pid: first.pid,
            tid: first.tid,
            args: { name },
          },
        ],
  );
  return JSON.stringify({ traceEvents: [...names, ...threads.flatMap(({ events }) => events)] });
}
