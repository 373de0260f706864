/** The kinds of field that the catalogue is made of: each one a valibot schema with a description. Pure. */
import * as v from 'valibot';
import type { DialectName, Encryption } from '../dialects/dialect.js';
import { presenceWords } from '../wire/status.js';

/** The names of the foreign dialects. */
export const foreignDialectNames = [
  'cmp2204',
  'chatbuddy',
  'synergy',
  'cse310',
  'netech',
] as const satisfies readonly DialectName[];
const dialectNames = ['native', ...foreignDialectNames] as const;
const encryptions = ['noise', 'toy-dh-3des', 'none'] as const satisfies readonly Encryption[];

/** A string. */
export const text = (meaning: string) => v.pipe(v.string(), v.description(meaning));
/** A boolean. */
export const flag = (meaning: string) => v.pipe(v.boolean(), v.description(meaning));

/** A whole number from 0 on. */
export const whole = (meaning: string) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.description(meaning));

/** A port from 0 to 65535. */
export const port = (meaning: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535), v.description(meaning));

/** ISO 8601 UTC with milliseconds, like every time that leaves a node. */
export const time = (meaning: string) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/),
    v.description(`${meaning}; ISO 8601, UTC, with milliseconds`),
  );

/** Makes the schema of an error code, `layer/what`. */
export const code = (meaning: string) =>
  v.pipe(v.string(), v.regex(/^[a-z]+\/[a-z-]+$/), v.description(meaning));

/** Makes the schema of one of several words. */
export const oneOf = <const Words extends readonly string[]>(words: Words, meaning: string) =>
  v.pipe(v.picklist(words), v.description(meaning));

/** Makes the schema of a list. */
export const list = <Item extends v.GenericSchema>(item: Item, meaning: string) =>
  v.pipe(v.array(item), v.readonly(), v.description(meaning));

/** The field `dialect` of any peer. */
export const dialect = oneOf(dialectNames, 'native, or the older program that the peer runs');
/** The field `dialect` of a peer of an older program. */
export const foreignDialect = oneOf(foreignDialectNames, 'an older program');
/** The protection of a message on the wire. */
export const encryption = oneOf(
  encryptions,
  'protection on the wire: noise is end to end, toy-dh-3des can be broken by anybody who listens',
);
/** The presence of a peer. */
export const peerState = oneOf(
  ['online', 'away', 'offline'],
  'online: heard within 10 s (native: two beacons); away: within 15 minutes; offline: not since then',
);
/** The presence that a person gives. */
export const presence = oneOf(
  presenceWords,
  'here; away; busy: notifications are muted; invisible: only peers that this user writes to can see the user',
);
/** The state of a sent message. */
export const deliveryState = oneOf(
  ['queued', 'sent', 'delivered', 'failed'],
  'queued: synced to our disk; sent: handed to the peer; delivered: synced to the disk of the peer; failed: given up',
);
/** The state of a transfer of files. */
export const transferState = oneOf(
  [
    'offered',
    'asked',
    'accepted',
    'receiving',
    'sending',
    'paused',
    'checking',
    'done',
    'declined',
    'stopped',
    'expired',
  ],
  'offered: sent, no answer yet; asked: waits for the answer of this user; accepted; receiving; sending; paused: see reason; checking: all bytes are here; done: the files are in place at the receiver; declined; stopped: see reason; expired: no answer in time',
);
