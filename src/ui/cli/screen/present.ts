/** Events as lines for people. Whatever a peer chose goes through the one escaping function first. */
import { unreachable } from '../../../exhaustive.js';
import {
  escapeForTerminal,
  escapeName,
  foreignDialectNames,
  type MessageEvent,
  type NodeEvent,
  type NoticeEvent,
  type PeerEvent,
  type StatusEvent,
} from '../../../index.js';
import type { Output } from './output.js';

type Colors = Output['colors'];

/** `bob#7kq2`: the tag always stands beside the name, since names are only labels. */
export const peerName = (peer: Pick<PeerEvent, 'name' | 'tag'>): string =>
  `${escapeName(peer.name)}#${escapeForTerminal(peer.tag)}`;

export function peerLine(peer: PeerEvent, colors: Colors): string {
  const state = { online: colors.green, away: colors.yellow, offline: colors.dim }[peer.state](
    peer.state.padEnd(7),
  );
  const facts = [
    `${escapeForTerminal(peer.address)}:${peer.port}`,
    ...protection(peer.dialect, peer.verified, colors),
    ...(peer.blocked === true ? [colors.red('blocked')] : []),
    ...(peer.state === 'online' ? [] : [`last seen ${clock(peer.lastSeen)}`]),
    ...(peer.warning === undefined ? [] : [colors.yellow(escapeForTerminal(peer.warning))]),
  ];
  return `${state} ${colors.bold(peerName(peer))}  ${facts.join('  ')}`;
}

export function messageLine(message: MessageEvent, colors: Colors): string {
  const name = escapeName(message.peer);
  const arrow = message.direction === 'in' ? `${colors.cyan(name)}:` : `→ ${colors.cyan(name)}:`;
  const text = escapeForTerminal(message.text, { multiline: true }).replaceAll('\n', '\n    ');
  const labels = message.direction === 'in' ? unusual(message, colors) : '';
  return `${colors.dim(clock(message.sentAt))} ${arrow} ${text}${labels}`;
}

export function statusLine(status: StatusEvent, colors: Colors): string {
  const reason = status.reason === undefined ? '' : ` (${escapeForTerminal(status.reason)})`;
  const state = status.state === 'failed' ? colors.red(status.state) : status.state;
  return `${state} → ${escapeName(status.peer)}${reason}`;
}

/** What an older program tells of a peer. */
export function noticeLine({ notice, peer, dialect, text }: NoticeEvent, colors: Colors): string {
  const words = {
    'new-peer': 'is new',
    connected: 'is connected',
    disconnected: 'has left',
    lost: 'was lost: the connection broke',
  }[notice];
  const said = text === '' ? '' : `: ${escapeForTerminal(text)}`;
  return colors.dim(`${escapeName(peer)} ${words} (${dialect})${said}`);
}

/** Any event; `null` for those that say nothing to people. */
export function eventLine(event: NodeEvent, colors: Colors): string | null {
  switch (event.type) {
    case 'ready':
      return `${colors.green('ready')} as ${colors.bold(escapeName(event.name))} on ${event.address}:${event.port} (pid ${event.pid})`;
    case 'peer':
      return peerLine(event, colors);
    case 'message':
      return messageLine(event, colors);
    case 'status':
      return statusLine(event, colors);
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

/** How well talk with that peer is protected, in words that warn. */
export function protection(
  dialect: PeerEvent['dialect'],
  isVerified: boolean,
  colors: Colors,
): readonly string[] {
  if (dialect !== 'native') return [dialect, ...weakness(dialect).map((words) => colors.red(words))];
  return [isVerified ? colors.green('verified') : colors.yellow('unverified')];
}

/** What older programs do not give, at their best. */
export const weakness = (dialect: PeerEvent['dialect']): readonly string[] => [
  dialect === 'cmp2204' ? 'weakly encrypted' : 'not encrypted',
  'unverified',
];

/** The same for an open conversation, also with an address that nobody has announced; none for a native peer. */
export function weaknessOf(row: PeerEvent | null, word: string): readonly string[] {
  const dialect =
    row?.dialect ?? foreignDialectNames.find((name) => word.startsWith(`${name}://`)) ?? 'native';
  return dialect === 'native' ? [] : weakness(dialect);
}

/** Local `HH:MM`, with the date in front when it is not today's. */
export function clock(iso: string, nowMs = Date.now()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '--:--';
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

function unusual(message: MessageEvent, colors: Colors): string {
  if (message.encryption === 'none') return colors.red(' [not encrypted, unverified]');
  if (message.encryption === 'toy-dh-3des') return colors.red(' [weakly encrypted, unverified]');
  return message.verified ? '' : colors.dim(' [unverified]');
}

const two = (value: number): string => String(value).padStart(2, '0');
