/** Transfers as lines for people. All text of peers is escaped. Pure. */
import { escapeForTerminal, escapeName, type TransferEvent } from '../../../index.js';
import type { Output } from '../screen/output.js';

type Colors = Output['colors'];

/** The end of an id, which is enough to name a transfer. */
export const shortTransferId = (id: string): string => id.slice(-8);

/** Formats bytes: `512 B`, `3.2 MB`. */
export function sizeWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** Formats seconds: `9 s`, `3 min`, `2 h 5 min`. */
export function durationWords(seconds: number): string {
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** Returns the name and the size: `photos (12 files, 3.2 MB)`. */
export function transferName({
  name,
  files,
  bytes,
}: Pick<TransferEvent, 'name' | 'files' | 'bytes'>): string {
  const count = files === 1 ? '' : `${String(files)} files, `;
  return `${escapeForTerminal(name)} (${count}${sizeWords(bytes)})`;
}

/** Returns how far a transfer is: `41 %, 12.0 MB/s, 9 s left`. */
export function progressWords({ bytes, done, rate, etaSeconds }: TransferEvent): string {
  const share = bytes === 0 ? 100 : Math.floor((done / bytes) * 100);
  const parts = [`${String(share)} %`];
  if (rate > 0) parts.push(`${sizeWords(rate)}/s`);
  if (etaSeconds !== undefined) parts.push(`${durationWords(etaSeconds)} left`);
  return parts.join(', ');
}

const reasons: Readonly<Record<NonNullable<TransferEvent['reason']>, string>> = {
  cancelled: 'cancelled',
  changed: 'a file was changed after the offer: offer it again',
  gone: 'a file is not there any more',
  io: 'the disk, or a byte on the way, failed',
  policy: 'the peer takes no more offers now',
  full: 'the disk is full: free some space, and it goes on',
  expired: 'nobody answered in time',
  known: 'the peer knows',
  away: 'the peer is away: it goes on when the peer is here',
};

/** Formats a transfer as one line. */
export function transferLine(event: TransferEvent, colors: Colors): string {
  const peer = colors.cyan(escapeName(event.peer));
  const way = event.direction === 'in' ? `${peer} →` : `→ ${peer}:`;
  return `${shortTransferId(event.id)}  ${way} ${transferName(event)}  ${stateWords(event, colors)}`;
}

function stateWords(event: TransferEvent, colors: Colors): string {
  const reason = event.reason === undefined ? '' : `: ${reasons[event.reason]}`;
  switch (event.state) {
    case 'receiving':
    case 'sending':
      return `${event.state} ${progressWords(event)}`;
    case 'paused':
      return colors.yellow(`paused at ${progressWords(event)}${reason}`);
    case 'done': {
      const places = (event.places ?? []).map((place) => escapeForTerminal(place));
      return colors.green(places.length === 0 ? 'delivered' : `received: ${places.join(', ')}`);
    }
    case 'stopped':
    case 'declined':
    case 'expired':
      return colors.red(`${event.state}${reason}`);
    case 'offered':
      return 'offered: waits for the answer of the peer';
    case 'asked':
      return `waits for your answer: parlance files accept ${shortTransferId(event.id)}`;
    case 'accepted':
    case 'checking':
      return event.state;
    default:
      return event.state satisfies never;
  }
}

/** Returns the line of a transfer for the prompt; null: it is not worth one. */
export function promptTransferLine(event: TransferEvent, colors: Colors): string | null {
  const peer = escapeName(event.peer);
  const what = transferName(event);
  const reason = event.reason === undefined ? '' : ` (${reasons[event.reason]})`;
  const isIn = event.direction === 'in';
  switch (event.state) {
    case 'asked': {
      const id = shortTransferId(event.id);
      return colors.bold(`${peer} offers ${what}: /files accept ${id}, or /files decline ${id}`);
    }
    case 'accepted':
      return isIn ? null : `${peer} accepts ${what}`;
    case 'done':
      return isIn
        ? `received ${what} of ${peer}: ${(event.places ?? []).map((place) => escapeForTerminal(place)).join(', ')}`
        : `${peer} has ${what}`;
    case 'declined':
      return isIn ? null : colors.yellow(`${peer} declines ${what}${reason}`);
    case 'stopped':
    case 'expired':
      return colors.yellow(`the transfer of ${what} ${isIn ? 'from' : 'to'} ${peer} ended${reason}`);
    case 'paused':
      return event.reason === 'full' ? colors.yellow(`${what} pauses${reason}`) : null;
    case 'offered':
    case 'receiving':
    case 'sending':
    case 'checking':
      return null;
    default:
      return event.state satisfies never;
  }
}
