/**
 * What the node answers over the socket, checked by hand before it is believed: a command that attaches starts in a
 * tenth of a second, of which a schema library would take half.
 */
import type {
  LegacyPeer,
  MessageEvent,
  NodeEvent,
  PeerEvent,
  SafetyInfo,
  SelfInfo,
  StatusEvent,
} from '../../index.js';
import { isErrorCode } from './faults.js';

type Fields = Readonly<Record<string, unknown>>;

export function readSelf(value: unknown): SelfInfo | null {
  const it = fieldsOf(value);
  const isSelf =
    it !== null &&
    areTexts(it, ['id', 'name', 'tag', 'home', 'bound']) &&
    areNumbers(it, ['port', 'pid']) &&
    Array.isArray(it['addresses']) &&
    it['addresses'].every((each) => typeof each === 'string');
  return isSelf ? as<SelfInfo>(it) : null;
}

export function readOwnCode(value: unknown): string | null {
  const code = fieldsOf(value)?.['code'];
  return typeof code === 'string' ? code : null;
}

export function readPeer(value: unknown): PeerEvent | null {
  const it = fieldsOf(value);
  return it !== null && it['type'] === 'peer' && isPeer(it) ? as<PeerEvent>(it) : null;
}

export function readMessage(value: unknown): MessageEvent | null {
  const it = fieldsOf(value);
  return it !== null && it['type'] === 'message' && isMessage(it) ? as<MessageEvent>(it) : null;
}

export function readStatus(value: unknown): StatusEvent | null {
  const it = fieldsOf(value);
  return it !== null && it['type'] === 'status' && isStatus(it) ? as<StatusEvent>(it) : null;
}

export function readLegacyPeer(value: unknown): LegacyPeer | null {
  const it = fieldsOf(value);
  const isLegacyPeer =
    it !== null &&
    areTexts(it, ['peer', 'name', 'address']) &&
    areNumbers(it, ['port']) &&
    isState(it['state']) &&
    typeof it['isConnected'] === 'boolean';
  return isLegacyPeer ? as<LegacyPeer>(it) : null;
}

export function readSafety(value: unknown): SafetyInfo | null {
  const it = fieldsOf(value);
  const isSafety =
    it !== null &&
    readPeer(it['peer']) !== null &&
    areTexts(it, ['code']) &&
    typeof it['verified'] === 'boolean';
  return isSafety ? as<SafetyInfo>(it) : null;
}

/** `null` for what is no event of a type we know: unknown types are passed over. */
export function readEvent(value: unknown): NodeEvent | null {
  const it = fieldsOf(value);
  if (it === null) return null;
  switch (it['type']) {
    case 'ready':
      return areTexts(it, ['id', 'name', 'address']) && areNumbers(it, ['port', 'pid'])
        ? as<NodeEvent>(it)
        : null;
    case 'peer':
      return isPeer(it) ? as<NodeEvent>(it) : null;
    case 'message':
      return isMessage(it) ? as<NodeEvent>(it) : null;
    case 'status':
      return isStatus(it) ? as<NodeEvent>(it) : null;
    case 'notice':
      return areTexts(it, ['peer', 'peerId', 'dialect', 'text']) && isNotice(it['notice'])
        ? as<NodeEvent>(it)
        : null;
    case 'error':
      return areTexts(it, ['code', 'message']) ? as<NodeEvent>(withKnownCode(it)) : null;
    case 'bye':
      return { type: 'bye' };
    default:
      return null;
  }
}

/** A code of a newer node is kept in the words only. */
function withKnownCode(it: Fields): Fields {
  const { code, message } = it;
  if (isErrorCode(String(code))) return it;
  return { ...it, code: 'api/malformed', message: `${String(message)} (${String(code)})` };
}

/** Each element through `read`; `null` as soon as one does not fit. */
export function readList<T>(read: (value: unknown) => T | null): (value: unknown) => readonly T[] | null {
  return (value) => {
    if (!Array.isArray(value)) return null;
    const list: T[] = [];
    for (const each of value) {
      const item = read(each);
      if (item === null) return null;
      list.push(item);
    }
    return list;
  };
}

export const readRecord = (value: unknown): Fields | null => fieldsOf(value);

const isState = (value: unknown): boolean => ['online', 'away', 'offline'].includes(String(value));
const isNotice = (value: unknown): boolean =>
  ['new-peer', 'connected', 'disconnected', 'lost'].includes(String(value));

const isPeer = (it: Fields): boolean =>
  isState(it['state']) &&
  areTexts(it, ['name', 'id', 'tag', 'address', 'dialect', 'lastSeen']) &&
  areNumbers(it, ['port']) &&
  typeof it['verified'] === 'boolean';

const isMessage = (it: Fields): boolean =>
  (it['direction'] === 'in' || it['direction'] === 'out') &&
  areTexts(it, [
    'id',
    'peer',
    'peerId',
    'conversation',
    'text',
    'sentAt',
    'receivedAt',
    'dialect',
    'encryption',
  ]) &&
  areNumbers(it, ['seq']) &&
  typeof it['verified'] === 'boolean';

const isStatus = (it: Fields): boolean =>
  ['queued', 'sent', 'delivered', 'failed'].includes(String(it['state'])) && areTexts(it, ['id', 'peer']);

const areTexts = (it: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof it[name] === 'string');
const areNumbers = (it: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof it[name] === 'number');

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? as<Fields>(value) : null;

/** The one place where checked fields get their type; unknown further fields stay. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every caller has checked the fields of T
const as = <T>(value: object): T => value as T;
