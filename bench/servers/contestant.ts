/** A server through which one client sends to another one. */
import type { Server } from './debian.js';

/** One server with its two clients. */
export interface Contestant {
  readonly name: string;
  readonly server: Server;
  /** Writes messages of this text. */
  readonly send: (count: number, text: string) => void;
  /** Messages that have arrived, and that their sender knows to be taken, where the server says so. */
  readonly counted: () => { readonly arrived: number; readonly confirmed: number };
  readonly stop: () => Promise<void>;
}

/** Most messages ahead of their arrival, as for the nodes. */
const aheadMax = 5_000;
const batch = 500;
const roundMsMax = 60_000;

/** Sends messages and waits until all have arrived and are confirmed; returns the rate and the CPU time of the server. */
export async function round(
  { server, send, counted, name }: Contestant,
  count: number,
  text: string,
): Promise<{ readonly perSecond: number; readonly cpuUs: number }> {
  const before = counted();
  const cpuBeforeMs = server.cpuMs();
  const startedMs = performance.now();
  const settled = (): number => {
    const { arrived, confirmed } = counted();
    return Math.min(arrived - before.arrived, confirmed - before.confirmed);
  };
  for (let sent = 0; settled() < count;) {
    if (sent < count && sent - settled() < aheadMax) {
      send(Math.min(batch, count - sent), text);
      sent += Math.min(batch, count - sent);
    }
    if (performance.now() - startedMs > roundMsMax) throw new Error(`${name}: ${settled()} of ${count}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  return { perSecond: count / seconds, cpuUs: ((server.cpuMs() - cpuBeforeMs) * 1_000) / count };
}
