/**
 * The catalogue of requests and answers of a node, besides events. The schema of each body gives the type, the
 * readers of both ends and the JSON Schema. Pure.
 */
import * as v from 'valibot';
import { nodeEvents, type MessageEvent, type PeerEvent } from './events.js';
import { flag, list, oneOf, peerState, port, text, time, whole } from './fields.js';

type Fields<Schema extends v.GenericSchema> = Readonly<v.InferOutput<Schema>>;

const foreignPort = v.pipe(
  v.object({ dialect: text('the older program'), port: port('its TCP port here') }),
  v.readonly(),
);

const selfInfo = v.object({
  id: text('id of the own identity'),
  name: text('own name'),
  tag: text('first characters of the id in lower case'),
  addresses: list(v.string(), 'addresses at which others reach this node'),
  bound: text('address that is listened on; of several the first'),
  boundAll: v.exactOptional(v.array(text('address that is listened on'))),
  port: port('TCP port that is open'),
  pid: whole('process that runs the node'),
  home: text('directory of the profile'),
  foreignPorts: v.exactOptional(list(foreignPort, 'ports of the older programs that have their own')),
});

const safetyInfo = v.object({
  peer: nodeEvents.peer,
  code: text('safety code: 60 digits in groups of five, the same on both sides'),
  verified: flag('whether the safety code was compared'),
});

const foreignPeer = v.object({
  peer: text('id of the peer, which every command accepts as PEER'),
  name: text('name that the peer gives itself'),
  address: text('address of the peer'),
  port: port('TCP port of the peer'),
  state: peerState,
  isConnected: flag(
    'synergy: a connection message was sent to the peer; netech: the peer is on the list of connected peers; chatbuddy, cse310: a conversation is open; cmp2204: always false',
  ),
});

const unreadInfo = v.object({
  peer: nodeEvents.peer,
  unread: whole('messages that the user has not read'),
  readSeq: whole('messages up to this seq are read'),
  countedSeq: whole('messages up to this seq are counted'),
});

const emitted = v.object({ seq: whole('newest seq that `serve --json` has written') });

const share = (meaning: string) =>
  oneOf(['on', 'off'], `whether ${meaning}; missing: as the privacy of the home says`);

const audience = (meaning: string) =>
  oneOf(['none', 'verified', 'contacts'], `peers that ${meaning}: none, verified ones, or every contact`);

const privacyInfo = v.object({
  receipts: audience('learn that their messages were read'),
  typing: audience('learn that this user types'),
});

const timerInfo = v.object({
  peer: text('name of the peer'),
  peerId: text('identity of the peer'),
  seconds: whole('time after which new messages disappear; 0: they stay'),
});

const contactInfo = v.object({
  peer: nodeEvents.peer,
  alias: text('name that the user gave the peer; empty: none'),
  note: text('remark of the user; empty: none'),
  muted: flag('whether messages of the peer notify nobody'),
  receipts: v.exactOptional(share('the peer learns that its messages were read')),
  typing: v.exactOptional(share('the peer learns that this user types')),
  readMarks: v.exactOptional(
    oneOf(
      ['on', 'off', 'unable', 'unknown'],
      'whether read marks go both ways; off: by the privacy of this home; unable: the program of the peer has none; unknown: no session was up yet. The peer may have switched them off for its part',
    ),
  ),
  standing: oneOf(
    ['open', 'accepted', 'rejected', 'released'],
    'open: nothing is decided; accepted: written to, verified or accepted; rejected: refused; released: another key was accepted for the name, or the peer was forgotten',
  ),
  firstSeen: time('first handshake, or first announcement'),
  hasKey: flag('whether a handshake has shown the key'),
});

const accepted = v.object({
  contact: contactInfo,
  replaced: list(nodeEvents.peer, 'contacts of the same name that lost their claim to it'),
});

const outboxPage = v.object({
  messages: list(nodeEvents.message, 'messages that wait, oldest first'),
  isLast: flag('whether nothing waits behind these'),
});

const erased = v.object({
  removed: whole('messages that were removed'),
  upToSeq: whole('messages up to this seq were looked at'),
  isLast: flag('whether nothing is left to remove: the removed texts are in no file of the history any more'),
});

const erasure = v.object({
  peer: v.exactOptional(text('only the conversation with this peer')),
  beforeMs: v.exactOptional(
    v.pipe(v.number(), v.description('only messages that arrived before, in ms since 1970')),
  ),
  id: v.exactOptional(text('only the message with this id')),
  afterSeq: v.exactOptional(whole('only messages with a greater seq: a removal goes on by upToSeq')),
});

const retried = v.object({ peers: whole('peers that are dialled at once') });

const outboxQuery = v.object({
  peer: v.exactOptional(text('only messages for this peer')),
  afterSeq: v.exactOptional(whole('only messages with a greater seq')),
});

const shareChange = (meaning: string) =>
  oneOf(['on', 'off', 'default'], `whether ${meaning}; default: as the privacy of the home says`);

const privacyChoice = v.object({
  receipts: v.exactOptional(privacyInfo.entries.receipts),
  typing: v.exactOptional(privacyInfo.entries.typing),
});

const choice = v.object({
  alias: v.exactOptional(text('name that the user gives the peer; empty: none')),
  note: v.exactOptional(text('remark of the user; empty: none')),
  muted: v.exactOptional(flag('whether messages of the peer notify nobody')),
  receipts: v.exactOptional(shareChange('the peer learns that its messages were read')),
  typing: v.exactOptional(shareChange('the peer learns that this user types')),
});

const heardPeer = v.object({
  id: text('identity that the announcement names'),
  name: text('name in the announcement'),
  address: text('address that it came from'),
  via: text('interface whose network the address is in; empty: none'),
  lastHeard: time('last announcement from there'),
  clockMs: v.nullable(
    v.pipe(v.number(), v.description('clock of the peer minus our clock, ms; null: unknown')),
  ),
  isReply: flag('whether it replied to something that this node sent'),
});

const networkInfo = v.object({
  binds: list(v.string(), 'addresses that sockets are bound to'),
  tcpPort: port('TCP port that is open'),
  tcpPortWanted: port('TCP port that the node was started with; another one is open where it was taken'),
  beaconIntervalMs: whole('pause between two own announcements, ms'),
  beaconPorts: list(port('UDP port'), 'ports that announcements are sent to and heard on'),
  replyPorts: list(port('UDP port'), 'ports that replies to own announcements come to'),
  sent: list(
    v.object({
      address: text('address that the last announcement was sent to'),
      port: port('UDP port there'),
      problem: v.nullable(text('error code of sending; null: it left this machine')),
    }),
    'where the last announcement went',
  ),
  own: list(
    v.object({
      address: text('own address that it came from'),
      via: text('interface; empty: none'),
      lastHeard: time('when it came back'),
    }),
    'own announcements that came back',
  ),
  heard: list(heardPeer, 'announcements of others'),
  offLinkCount: whole('datagrams from hosts of no network of this machine'),
});

const probeInfo = v.object({
  name: v.nullable(text('name of the peer; null: the word names nobody that is known')),
  tried: list(
    v.object({
      host: text('address that was dialled'),
      port: port('TCP port there'),
      problem: v.nullable(text('error code; null: the peer answered')),
    }),
    'attempts to reach the peer by TCP',
  ),
  heard: list(heardPeer, 'announcements of the peer that arrived here'),
  answer: v.nullable(
    v.object({
      seenAt: text('our address at the end of the peer'),
      heard: list(
        v.object({
          address: text('address that our announcement came from'),
          via: text('interface of the peer; empty: none'),
          ageMs: whole('time since the last one'),
        }),
        'announcements of ours that arrived there',
      ),
      dialBack: oneOf(['reached', 'failed', 'untried'], 'attempt of the peer to connect to us'),
      dialProblem: text('error code of that attempt; empty: none'),
      clockMs: v.pipe(v.number(), v.description('clock of the peer minus our clock, ms')),
    }),
  ),
});

/** The schemas of answers, by name. */
export const answers = {
  selfInfo,
  safetyInfo,
  foreignPeer,
  unreadInfo,
  emitted,
  contactInfo,
  privacyInfo,
  timerInfo,
  accepted,
  outboxPage,
  retried,
  erased,
  networkInfo,
  probeInfo,
};

const operation = v.variant('do', [
  v.object({
    do: v.literal('reply'),
    text: text('text of the answer'),
    id: v.exactOptional(text('id of the answer: a UUID in lower case')),
  }),
  v.object({ do: v.literal('edit'), text: text('new text') }),
  v.object({
    do: v.literal('delete'),
    forMe: v.exactOptional(flag('remove it here alone; the peer is not asked to remove it')),
  }),
  v.object({
    do: v.literal('react'),
    emoji: text('one emoji'),
    on: v.exactOptional(flag('false: take the reaction back')),
  }),
]);

const timeMs = (meaning: string) =>
  v.pipe(v.number(), v.description(`${meaning}, in ms since 1970; inclusive`));

const historyOptions = v.object({
  peer: v.exactOptional(text('only the conversation with this peer')),
  search: v.exactOptional(text('only messages that hold all these words, or a "phrase" in quotes')),
  sinceMs: v.exactOptional(timeMs('earliest time')),
  untilMs: v.exactOptional(timeMs('latest time')),
  afterSeq: v.exactOptional(whole('only messages with a greater seq, oldest first')),
  beforeSeq: v.exactOptional(whole('only messages with a smaller seq')),
  direction: v.exactOptional(v.picklist(['in', 'out'])),
  only: v.exactOptional(
    v.pipe(
      v.string(),
      v.regex(/^(?:edited|file|link|reaction|unread)(?:,(?:edited|file|link|reaction|unread))*$/),
      v.description(
        'only messages that are edited or unread, or that have a file, a link or a reaction; several with commas',
      ),
    ),
  ),
  hasEarlier: v.exactOptional(flag('edited messages come with their earlier texts')),
  limit: v.exactOptional(whole('at most this many messages; the newest are kept')),
});

const sendViaOptions = v.object({
  isPlain: v.exactOptional(flag('cmp2204: without its weak encryption')),
  privateNumber: v.exactOptional(
    v.pipe(
      v.number(),
      v.safeInteger(),
      v.minValue(1),
      v.description('cmp2204: private number of the key exchange; otherwise a random one'),
    ),
  ),
});

const transferAction = oneOf(
  ['accept', 'decline', 'cancel', 'retry'],
  'accept or decline an offer; cancel a transfer; retry: try at once what pauses or was stopped',
);

const acceptOptions = v.object({
  overwrite: v.exactOptional(flag('a file takes the place of one with its name; a folder never does')),
  keepMode: v.exactOptional(
    flag('files keep the right to be executed; otherwise those of verified peers do'),
  ),
});

const offerWishes = v.object({
  follow: v.exactOptional(flag('links in folders are sent as what they point to')),
  snapshot: v.exactOptional(flag('the bytes are copied first, so that later changes do not matter')),
  limit: v.exactOptional(
    v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.description('most bytes a second')),
  ),
});

/** The schemas of requests, by name. */
export const questions = {
  operation,
  historyOptions,
  sendViaOptions,
  outboxQuery,
  choice,
  privacyChoice,
  erasure,
  transferAction,
  acceptOptions,
  offerWishes,
};

/** A command about a transfer. */
export type TransferAction = v.InferOutput<typeof transferAction>;
/** Wishes for what is accepted. */
export type AcceptOptions = v.InferOutput<typeof acceptOptions>;
/** Wishes for what is offered. */
export type OfferWishes = v.InferOutput<typeof offerWishes>;

/** An operation on a message. */
export type Operation = Readonly<v.InferOutput<typeof operation>>;
/** The own identity and where others reach it. */
export interface SelfInfo extends Fields<typeof selfInfo> {}
/** The announcements that a node sends to and hears from its network. */
export interface NetworkInfo extends Fields<typeof networkInfo> {}
/** The traffic between a node and a peer that arrives, in each direction. */
export interface ProbeInfo extends Fields<typeof probeInfo> {}
/** The safety code of a pair, which two people compare to exclude an attacker between them. */
export interface SafetyInfo extends Omit<Fields<typeof safetyInfo>, 'peer'> {
  readonly peer: PeerEvent;
}
/** A conversation with messages that the user has not read. */
export interface UnreadInfo extends Omit<Fields<typeof unreadInfo>, 'peer'> {
  readonly peer: PeerEvent;
}
/** A contact, and what the user decided about it. */
export interface ContactInfo extends Omit<Fields<typeof contactInfo>, 'peer'> {
  readonly peer: PeerEvent;
}
/** A key that the user accepted, and the contacts that lost their name to it. */
export interface AcceptedInfo {
  readonly contact: ContactInfo;
  readonly replaced: readonly PeerEvent[];
}
/** Which part of the outbox is read. */
export interface OutboxOptions extends Fields<typeof outboxQuery> {}
/** Messages that wait for peers. */
export interface OutboxInfo {
  readonly messages: readonly MessageEvent[];
  readonly isLast: boolean;
}
/** Peers that are dialled at once. */
export interface RetriedInfo extends Fields<typeof retried> {}
/** Messages to remove from this home, a slice at a time. */
export interface EraseOptions extends Fields<typeof erasure> {}
/** The outcome of one slice of a removal. */
export interface ErasedInfo extends Fields<typeof erased> {}
/** Choices of the user about a contact; a missing one stays as it is. */
export interface ContactChoice extends Fields<typeof choice> {}
/** The peers that learn that messages were read, and that this user types. */
export interface PrivacyInfo extends Fields<typeof privacyInfo> {}
/** The time after which new messages of a conversation disappear. */
export interface TimerInfo extends Fields<typeof timerInfo> {}
/** A change of the privacy; a missing field stays as it is. */
export interface PrivacyChoice extends Fields<typeof privacyChoice> {}
/** How far `serve --json` has written the messages of the home. */
export interface EmittedInfo extends Fields<typeof emitted> {}
/** A peer as the lists of an older program show it. */
export interface ForeignPeerInfo extends Fields<typeof foreignPeer> {}
/** Which part of the history is read. The answer is oldest first. */
export interface HistoryOptions extends Fields<typeof historyOptions> {}
/** How a message goes out; only cmp2204 has a choice. */
export interface SendViaOptions extends Fields<typeof sendViaOptions> {}
