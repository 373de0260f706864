/** Events as lines for people. All text of peers is escaped. */
import { catalogue } from '../../text/catalogue.js';
import { unreachable } from '../../../exhaustive.js';
import {
  escapeForTerminal,
  escapeName,
  foreignDialectNames,
  type MessageEvent,
  type NodeEvent,
  type NoticeEvent,
  type PeerEvent,
  type PresenceEvent,
  type StatusEvent,
  formatAddress,
} from '../../../index.js';
import { transferLine, transferName } from '../files/words.js';
import { changeMarks, operationLine, replyMark, shownText, sideOf, timerLine } from './changes.js';
import { Naming, sentNote, withAlias } from './naming.js';
import type { Output } from './output.js';

type Colors = Output['colors'];

/** Returns the name with the tag, such as `bob#7kq2`, since names are only labels. */
export const peerName = ({ name, tag, alias }: Pick<PeerEvent, 'name' | 'tag' | 'alias'>): string =>
  withAlias(alias, `${escapeName(name)}#${escapeForTerminal(tag)}`);

/** Returns the name with the tag as a word that names the peer. */
export const taggedWord = (peer: Pick<PeerEvent, 'name' | 'tag'>): string =>
  peerName({ name: peer.name, tag: peer.tag });

/** Formats a peer as one line. */
export function peerLine(peer: PeerEvent, colors: Colors): string {
  const state = { online: colors.green, away: colors.yellow, offline: colors.dim }[peer.state](
    peer.state.padEnd(7),
  );
  const facts = [
    escapeForTerminal(formatAddress({ host: peer.address, port: peer.port })),
    ...protection(peer.dialect, peer.verified, colors),
    ...(peer.blocked === true ? [colors.red(catalogue().screen.blocked)] : []),
    ...statusOf(peer, colors),
    ...(peer.state === 'online' || !isSeen(peer) ? [] : [catalogue().screen.lastSeen(clock(peer.lastSeen))]),
    ...(peer.muted === true ? [catalogue().screen.muted] : []),
    ...(peer.request === true ? [colors.yellow(catalogue().screen.request)] : []),
    ...(peer.unread > 0 ? [colors.bold(catalogue().screen.unreadCount(peer.unread))] : []),
    ...(peer.warning === undefined ? [] : [colors.yellow(escapeForTerminal(peer.warning))]),
  ];
  return `${state} ${colors.bold(peerName(peer))}  ${facts.join('  ')}`;
}

/** Whether it is known when the peer was here the last time. */
const isSeen = ({ lastSeen }: PeerEvent): boolean => Date.parse(lastSeen) > 0;

function statusOf(peer: PeerEvent, colors: Colors): readonly string[] {
  const words = peerStatusWords(peer);
  return words === null ? [] : [peer.presence === 'here' ? words : colors.yellow(words)];
}

/** Returns the status of a peer in words; null: it is here, and says no more. */
export function peerStatusWords(
  peer: Pick<PeerEvent, 'presence' | 'statusText' | 'statusUntil'>,
): string | null {
  const { presence = 'here', statusText } = peer;
  return presence === 'here' && statusText === undefined ? null : statusWords({ ...peer, presence });
}

/** Returns a status in words: `busy: in a call (until 13:00)`. */
export function statusWords(
  { presence, statusText, statusUntil }: Omit<PresenceEvent, 'type'>,
  nowMs = Date.now(),
): string {
  const words = statusText === undefined ? '' : `: ${escapeForTerminal(statusText)}`;
  const until = statusUntil === undefined ? '' : catalogue().screen.until(clock(statusUntil, nowMs));
  return `${presence}${words}${until}`;
}

/** Returns the text of a message for a terminal. Older programs send empty ones, and one of them passes its turn so. */
export const messageText = (text: string, options: Parameters<typeof escapeForTerminal>[1] = {}): string =>
  text === '' ? catalogue().screen.emptyMessage : escapeForTerminal(text, options);

/** Formats a message as one line; `naming` holds the peers that the view knows. */
export function messageLine(
  message: MessageEvent,
  colors: Colors,
  naming = new Naming(),
  quotedBy: (id: string | undefined) => string | undefined = () => undefined,
): string {
  const name = naming.labelOf(message);
  const trust = naming.trustOf(message);
  const from = message.direction === 'in' ? `${colors.cyan(name)}${trust}:` : `→ ${colors.cyan(name)}:`;
  const text =
    message.file !== undefined
      ? `[files] ${transferName(message.file)}`
      : messageText(shownText(message), { multiline: true }).replaceAll('\n', '\n    ');
  // A part that is empty has no colour codes either.
  const dim = (part: string): string => (part === '' ? '' : colors.dim(part));
  const marks = dim(changeMarks(message));
  const reply = dim(replyMark(message, quotedBy(message.replyTo)));
  const labels = message.direction === 'in' ? unusual(message, colors, trust !== '') : '';
  const note = dim(`${readNote(message)}${sentNote(message, clock)}`);
  return `${colors.dim(clock(message.receivedAt))} ${from} ${reply}${text}${marks}${labels}${note}`;
}

/** Returns the time at which the peer read an own message as a note; otherwise empty. */
const readNote = ({ readAt }: MessageEvent): string =>
  readAt === undefined ? '' : catalogue().screen.readAt(clock(readAt));

/** Formats a status as one line. */
export function statusLine(status: StatusEvent, colors: Colors, label = escapeName(status.peer)): string {
  const reason = status.reason === undefined ? '' : ` (${escapeForTerminal(status.reason)})`;
  const state = status.state === 'failed' ? colors.red(status.state) : status.state;
  return `${state} → ${label}${reason}`;
}

/** Returns the line of a notice. */
export function noticeLine({ notice, peer, dialect, text }: NoticeEvent, colors: Colors): string {
  const said = text === '' ? '' : `: ${escapeForTerminal(text)}`;
  const about = (words: string): string => colors.dim(`${escapeName(peer)} ${words} (${dialect})${said}`);
  switch (notice) {
    case 'new-peer':
      return about(catalogue().screen.isNew);
    case 'connected':
      return about(catalogue().screen.isConnected);
    case 'disconnected':
      return about(catalogue().screen.hasLeft);
    case 'lost':
      return about(catalogue().screen.wasLost);
    case 'your-turn':
      return about(catalogue().screen.yourTurn);
    case 'text-form':
      return colors.dim(`${escapeName(peer)}${said}`);
    case 'cut-off':
    case 'unreadable':
      return colors.yellow(escapeForTerminal(text));
    default:
      return unreachable(notice);
  }
}

/** Returns the line of an event; `null` for an event without a line. */
export function eventLine(event: NodeEvent, colors: Colors, naming = new Naming()): string | null {
  switch (event.type) {
    case 'ready':
      return catalogue().screen.readyAs(
        colors.green('ready'),
        colors.bold(escapeName(event.name)),
        readyAt(event),
        event.pid,
      );
    case 'peer':
      return peerLine(event, colors);
    case 'message':
      return messageLine(event, colors, naming);
    case 'edit':
    case 'delete':
    case 'reaction':
      if (event.type === 'delete' && event.expired === true) return null;
      return colors.dim(operationLine(event, sideOf(event), undefined));
    case 'timer':
      return colors.dim(timerLine(event, escapeName(event.peer)));
    case 'read':
      return colors.dim(catalogue().screen.hasRead(escapeName(event.peer)));
    case 'typing':
      return null;
    case 'status':
      return statusLine(event, colors);
    case 'presence':
      return catalogue().screen.youAre(statusWords(event));
    case 'transfer':
      return transferLine(event, colors);
    case 'notice':
      return noticeLine(event, colors);
    case 'error':
      return colors.red(`${escapeForTerminal(event.message)} (${escapeForTerminal(event.code)})`);
    case 'bye':
      return 'bye';
    default:
      return unreachable(event);
  }
}

/** Returns the protection of a conversation in words that warn. */
export function protection(
  dialect: PeerEvent['dialect'],
  isVerified: boolean,
  colors: Colors,
): readonly string[] {
  if (dialect !== 'native') return [dialect, ...weakness(dialect).map((words) => colors.red(words))];
  return [
    isVerified ? colors.green(catalogue().screen.verified) : colors.yellow(catalogue().screen.unverified),
  ];
}

/** Returns the weaknesses of an older program at its best. */
export const weakness = (dialect: PeerEvent['dialect']): readonly string[] => [
  dialect === 'cmp2204' ? catalogue().screen.weaklyEncrypted : catalogue().screen.notEncrypted,
  catalogue().screen.unverified,
];

/** Returns the weaknesses of an open conversation, by its peer or by its address; none for a native peer. */
export function weaknessOf(row: PeerEvent | null, word: string): readonly string[] {
  const dialect =
    row?.dialect ?? foreignDialectNames.find((name) => word.startsWith(`${name}://`)) ?? 'native';
  return dialect === 'native' ? [] : weakness(dialect);
}

/** Returns the local time as `HH:MM`, after the date unless it is today. */
export function clock(iso: string, nowMs = Date.now()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '--:--';
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${catalogue().formats.day(at)} ${time}`;
}

function unusual(message: MessageEvent, colors: Colors, isTrustSaid: boolean): string {
  if (message.encryption === 'none') return colors.red(catalogue().screen.labelNotEncrypted);
  if (message.encryption === 'toy-dh-3des') return colors.red(catalogue().screen.labelWeaklyEncrypted);
  return message.verified || isTrustSaid ? '' : colors.dim(catalogue().screen.labelUnverified);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Formats the addresses that a node listens on. */
function readyAt(ready: {
  readonly address: string;
  readonly addresses?: readonly string[];
  readonly port: number;
}): string {
  const { address, addresses = [address], port } = ready;
  return addresses.map((host) => formatAddress({ host, port })).join(', ');
}
