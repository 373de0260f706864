/** Transfers as lines for people. All text of peers is escaped. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal, escapeName, type TransferEvent } from '../../../index.js';
import { widthOf } from '../prompt/editor/cells.js';
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
  return `${catalogue().formats.decimals(value, digits)} ${units[unit] ?? ''}`;
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
  const count = catalogue().files.filesCount(files);
  return `${escapeForTerminal(name)} (${count}${sizeWords(bytes)})`;
}

/** Returns how far a transfer is: `41 %, 12.0 MB/s, 9 s left`. */
export function progressWords({ bytes, done, rate, etaSeconds }: TransferEvent): string {
  const share = bytes === 0 ? 100 : Math.floor((done / bytes) * 100);
  const parts = [`${String(share)} %`];
  if (rate > 0) parts.push(`${sizeWords(rate)}/s`);
  if (etaSeconds !== undefined) parts.push(catalogue().files.left(durationWords(etaSeconds)));
  return parts.join(', ');
}

function reasonWords(reason: NonNullable<TransferEvent['reason']>): string {
  const reasons: Readonly<Record<typeof reason, string>> = catalogue().files.reasons;
  return reasons[reason];
}

/** Formats a transfer as one line. */
export function transferLine(event: TransferEvent, colors: Colors): string {
  const peer = colors.cyan(escapeName(event.peer));
  const way = event.direction === 'in' ? `${peer} →` : `→ ${peer}:`;
  const lineOf = (name: string): string =>
    `${shortTransferId(event.id)}  ${way} ${transferName({ ...event, name })}  ${stateWords(event, colors)}`;
  const line = lineOf(event.name);
  if (event.state !== 'asked') return line;
  // The command at its end is copied, so it must not be broken.
  const surplus = widthOf(stripVTControlCharacters(line)) - columnsMost;
  return surplus <= 0 ? line : lineOf(shortened(event.name, widthOf(event.name) - surplus));
}

/** Columns that every terminal has. */
const columnsMost = 79;
const nameColumnsMin = 12;
const endingColumns = 8;

/** Leaves characters in the middle of a name out; its ending stays. */
function shortened(name: string, columns: number): string {
  const characters = Array.from(name);
  let ending = '';
  for (const each of characters.toReversed()) {
    if (widthOf(each + ending) > endingColumns) break;
    ending = each + ending;
  }
  let beginning = '';
  for (const each of characters) {
    if (widthOf(`${beginning}${each}…${ending}`) > Math.max(columns, nameColumnsMin)) break;
    beginning += each;
  }
  return `${beginning}…${ending}`;
}

function stateWords(event: TransferEvent, colors: Colors): string {
  const reason = event.reason === undefined ? '' : `: ${reasonWords(event.reason)}`;
  switch (event.state) {
    case 'receiving':
    case 'sending':
      return `${event.state} ${progressWords(event)}`;
    case 'paused':
      return colors.yellow(catalogue().files.pausedAt(progressWords(event), reason));
    case 'done': {
      const places = (event.places ?? []).map((place) => escapeForTerminal(place));
      return colors.green(
        places.length === 0 ? catalogue().files.delivered : catalogue().files.receivedAt(places.join(', ')),
      );
    }
    case 'stopped':
    case 'declined':
    case 'expired':
      return colors.red(`${event.state}${reason}`);
    case 'offered':
      return catalogue().files.offeredWaits;
    case 'asked':
      return catalogue().files.waitsForYou(shortTransferId(event.id));
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
  const reason = event.reason === undefined ? '' : ` (${reasonWords(event.reason)})`;
  const isIn = event.direction === 'in';
  switch (event.state) {
    case 'asked': {
      const id = shortTransferId(event.id);
      return colors.bold(catalogue().files.offers(peer, what, id));
    }
    case 'accepted':
      return isIn ? null : catalogue().files.accepts(peer, what);
    case 'done':
      return isIn
        ? catalogue().files.receivedFrom(
            what,
            peer,
            (event.places ?? []).map((place) => escapeForTerminal(place)).join(', '),
          )
        : catalogue().files.has(peer, what);
    case 'declined':
      return isIn ? null : colors.yellow(catalogue().files.declines(peer, what, reason));
    case 'stopped':
    case 'expired':
      return colors.yellow(catalogue().files.ended(what, isIn, peer, reason));
    case 'paused':
      return event.reason === 'full' ? colors.yellow(catalogue().files.pauses(what, reason)) : null;
    case 'offered':
    case 'receiving':
    case 'sending':
    case 'checking':
      return null;
    default:
      return event.state satisfies never;
  }
}
