/** The words of a notification about a message, and the sequences by which a terminal shows them. Pure. */
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal, escapeName, type MessageEvent, type PeerEvent } from '../../../index.js';
import { messageText } from '../screen/present.js';
import type { NotifyWay } from '../options/values.js';
import type { UserSettings } from '../options/settings.js';
import type { Notification } from './desktop.js';
import { notifications as limits } from './limits.js';

/** Whether an event of this peer may notify. */
export const mayNotify = (peer: Pick<PeerEvent, 'muted' | 'blocked'> | undefined): boolean =>
  peer?.muted !== true && peer?.blocked !== true;

/**
 * Returns the notification about messages of one peer. `peer` undefined: its row is not known, so it counts as a
 * stranger. `count`: how many messages it is about.
 */
export function noticeOf(
  message: Pick<MessageEvent, 'peer' | 'text'>,
  peer: PeerEvent | undefined,
  bodies: UserSettings['notifyBodies'],
  count: number,
): Notification {
  const isStranger = peer === undefined || peer.request === true;
  const name = escapeName(peer?.alias ?? peer?.name ?? message.peer);
  const label =
    peer === undefined || peer.alias !== undefined ? name : `${name}#${escapeForTerminal(peer.tag)}`;
  const isShown = bodies === 'all' || (bodies === 'contacts' && !isStranger);
  const text = messageText(message.text, { graphemesMax: limits.bodyGraphemes });
  const words = catalogue().notify.newMessages(count);
  return {
    title: isStranger ? catalogue().notify.stranger(label) : label,
    body: !isShown ? words : count === 1 ? text : `${words}: ${text}`,
  };
}

/** Messages of one peer that are unread. */
export interface Unread {
  readonly message: MessageEvent;
  /** Undefined: the row is not known. */
  readonly peer: PeerEvent | undefined;
  readonly count: number;
}

/** Returns the notifications about several peers: a few of them, contacts first, and one about all others. */
export function noticesOf(
  unread: readonly Unread[],
  bodies: UserSettings['notifyBodies'],
): readonly Notification[] {
  const isStranger = ({ peer }: Unread): boolean => peer === undefined || peer.request === true;
  const sorted = [...unread.filter((each) => !isStranger(each)), ...unread.filter(isStranger)];
  const shownMax = sorted.length > limits.peersAtOnceMax ? limits.peersAtOnceMax - 1 : sorted.length;
  const shown = sorted
    .slice(0, shownMax)
    .map(({ message, peer, count }) => noticeOf(message, peer, bodies, count));
  const others = sorted.slice(shownMax);
  if (others.length === 0) return shown;
  const count = others.reduce((sum, each) => sum + each.count, 0);
  return [...shown, { title: 'Parlance', body: catalogue().notify.fromOthers(count, others.length) }];
}

/** Replaces the semicolon, which separates the parts of a sequence. */
const plain = (text: string): string => text.replaceAll(';', ',');

/** Returns the sequences that signal in the terminal; empty: none is asked for. */
export function terminalSignal(ways: readonly NotifyWay[], { title, body }: Notification): string {
  return ways
    .map((way) => {
      switch (way) {
        case 'bell':
          return '\u0007';
        case 'osc9':
          // The fixed word comes first: a name such as `4;2;100` in its place is a command of some terminals.
          return `\u001B]9;Parlance: ${plain(title)}: ${plain(body)}\u001B\\`;
        case 'osc777':
          return `\u001B]777;notify;${plain(title)};${plain(body)}\u001B\\`;
        case 'desktop':
          return '';
        default:
          return way satisfies never;
      }
    })
    .join('');
}
