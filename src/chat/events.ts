/**
 * The catalogue of events: what a node publishes, whether the reader embeds the node, parses NDJSON or looks at the
 * prompt. Each schema gives the type, the reader, the JSON Schema and the row of the documentation. Field names and
 * values are the contract of the command line. A reader ignores unknown fields and unknown types.
 */
import * as v from 'valibot';
import {
  code,
  deliveryState,
  dialect,
  encryption,
  flag,
  foreignDialect,
  list,
  oneOf,
  peerState,
  port,
  presence,
  text,
  time,
  transferState,
  whole,
} from './fields.js';

const event = <const Type extends string, Entries extends v.ObjectEntries>(
  type: Type,
  meaning: string,
  entries: Entries,
) => v.pipe(v.object({ type: v.literal(type), ...entries }), v.description(meaning));

const ready = event('ready', 'the reader is subscribed: it misses nothing from now on', {
  id: text('id of the own identity'),
  name: text('own name'),
  address: text('address that TCP and UDP listen on; of several the first'),
  addresses: v.exactOptional(v.array(text('address that TCP and UDP listen on'))),
  port: port('TCP port that is open'),
  pid: whole('process that runs the node'),
});

const peer = event('peer', 'a peer appeared, changed or left', {
  state: peerState,
  name: text('name that the peer gives itself'),
  id: text('identity of the peer; of an older program its address'),
  tag: text(
    'first characters of the id in lower case, which stand after the name: four, or as many as distinguish namesakes and at least eight',
  ),
  address: text('address that the peer was last seen at'),
  port: port('TCP port of the peer'),
  dialect,
  verified: flag('whether the safety code was compared'),
  lastSeen: time('last sign of life'),
  unread: whole('messages of the peer that the user has not read'),
  presence: v.exactOptional(presence),
  statusText: v.exactOptional(text('text that the person gave with the status')),
  statusUntil: v.exactOptional(time('end of the status, by the clock of the peer')),
  alias: v.exactOptional(text('name that the user gave the peer; shown before its own')),
  muted: v.exactOptional(flag('whether messages of the peer notify nobody')),
  request: v.exactOptional(flag('whether a stranger wrote, and the user has decided nothing')),
  blocked: v.exactOptional(flag('whether the user blocked the peer')),
  shared: v.exactOptional(
    flag('whether another identity known here bears or bore the name, or one that looks like it'),
  ),
  formerNames: v.exactOptional(list(v.string(), 'names that the peer bore before, newest first')),
  warning: v.exactOptional(
    text(
      'set when the name looks like the name of another contact, or like the own one, or when two copies of the peer run',
    ),
  ),
});

const side = oneOf(['me', 'peer'], 'me: this user; peer: the other side');

const message = event('message', 'a message was stored', {
  seq: whole('number of the message in this home; rises by one per message'),
  id: text('id of the message, given by its sender'),
  direction: oneOf(['in', 'out'], 'in: received; out: sent from this home'),
  peer: text('name of the peer when the message was stored'),
  peerId: text('identity of the peer'),
  conversation: text('conversation that the message belongs to'),
  text: text('text exactly as it was sent: it may hold control characters'),
  sentAt: time('clock of the sender'),
  receivedAt: time('clock of this machine when the message arrived or was queued'),
  dialect,
  encryption,
  verified: flag('whether the peer was verified'),
  file: v.exactOptional(
    v.pipe(
      v.object({
        name: text('name of the file or folder, or of the first of several'),
        files: whole('files'),
        bytes: whole('bytes of all files'),
        comment: v.exactOptional(text('remark of the sender')),
      }),
      v.readonly(),
      v.description('the message offers files; its text is their name, and its id that of the transfer'),
    ),
  ),
  state: v.exactOptional(deliveryState),
  readAt: v.exactOptional(time('when its user read the message, as the peer reported')),
  replyTo: v.exactOptional(text('id of the message that this one answers')),
  expiresAt: v.exactOptional(time('when the message disappears from this home')),
  editedAt: v.exactOptional(time('when the text replaced an earlier one')),
  deleted: v.exactOptional(flag('whether the message was deleted; its text is empty then')),
  reactions: v.exactOptional(
    list(v.object({ emoji: text('one emoji'), by: side }), 'reactions to the message, oldest first'),
  ),
  revisions: v.exactOptional(
    list(
      v.object({ text: text('an earlier text'), at: time('when it was sent') }),
      'earlier texts, oldest first; only where they were asked for',
    ),
  ),
});

const operation = {
  seq: whole('number in this home; messages and operations share the numbers'),
  id: text('id of the operation'),
  direction: oneOf(['in', 'out'], 'in: of the peer; out: of this home'),
  peer: text('name of the peer when it was stored'),
  peerId: text('identity of the peer'),
  conversation: text('conversation that the message belongs to'),
  target: text('id of the message'),
  at: time('clock of this machine when it arrived or was queued'),
};

const edit = event('edit', 'a message has another text', {
  ...operation,
  text: text('new text'),
  rev: whole('number of the edit: the greatest one counts; 0: the message was changed before it was sent'),
});

const deletion = event('delete', 'a message was deleted', {
  ...operation,
  expired: v.exactOptional(flag('whether its time ended: nobody deleted it, and it is gone from this home')),
});

const reaction = event('reaction', 'somebody reacted to a message, or took it back', {
  ...operation,
  emoji: text('one emoji'),
  on: flag('false: taken back'),
  by: side,
});

const { target: _target, ...timing } = operation;

const timer = event('timer', 'new messages of a conversation disappear after another time', {
  ...timing,
  seconds: whole('time until a message disappears; 0: messages stay'),
});

const read = event('read', 'the user of a peer read messages of this home', {
  peer: text('name of the peer'),
  peerId: text('identity of the peer'),
  conversation: text('conversation that the messages belong to'),
  upTo: text('id of the newest message that was read; older ones are read, too'),
  seq: whole('number of that message in this home'),
  at: time('clock of this machine at the report of the peer'),
  except: v.exactOptional(
    list(v.string(), 'ids of older messages that it did not read: they disappeared before'),
  ),
});

const typing = event('typing', 'the user of a peer types, or stopped', {
  peer: text('name of the peer'),
  peerId: text('identity of the peer'),
  conversation: text('conversation that the user types in'),
  on: flag('false: stopped'),
});

const ownPresence = event('presence', 'the own status is, or became, this', {
  presence,
  statusText: v.exactOptional(text('own status in words')),
  statusUntil: v.exactOptional(time('end of the status')),
});

const status = event('status', 'a sent message reached another state', {
  id: text('id of the message'),
  peer: text('name of the peer'),
  state: deliveryState,
  reason: v.exactOptional(text('why the message failed')),
});

const transfer = event('transfer', 'a transfer of files appeared, moved on or ended', {
  id: text('id of the transfer, which is that of the message with its offer'),
  peer: text('name of the peer'),
  peerId: text('identity of the peer'),
  direction: oneOf(['in', 'out'], 'in: to this home; out: from this home'),
  state: transferState,
  name: text('name of the file or folder, or of the first of several'),
  files: whole('files'),
  directories: whole('folders'),
  bytes: whole('bytes of all files'),
  done: whole('bytes that have arrived'),
  rate: whole('bytes per second'),
  etaSeconds: v.exactOptional(whole('seconds until the end')),
  reason: v.exactOptional(
    oneOf(
      [...(['cancelled', 'changed', 'gone', 'io', 'policy', 'full', 'expired', 'known', 'away'] as const)],
      'cancelled: by a user; changed: a source differs from the offer; gone: a source is not there; io: a disk or the bytes on their way fail; policy: a setting refuses it; full: the disk is full; expired: no answer in time; away: no session with the peer',
    ),
  ),
  comment: v.exactOptional(text('remark of the sender')),
  places: v.exactOptional(list(v.string(), 'paths of what was received')),
  notes: v.exactOptional(list(v.string(), 'what was left out or renamed, and why a transfer stopped')),
});

const notice = event('notice', 'an older program reports about a peer', {
  notice: oneOf(
    ['new-peer', 'connected', 'disconnected', 'lost', 'text-form', 'cut-off', 'unreadable', 'your-turn'],
    'new-peer: first message; connected: a connection message, or a conversation began; disconnected: the peer said that it leaves; lost: the connection broke; text-form: a first message went out in a form that the peer may not read; cut-off: somebody lost the connection because others needed it; unreadable: a message came that cannot be read; your-turn: the peer waits for a message',
  ),
  peer: text('name of the peer'),
  peerId: text('identity of the peer'),
  dialect: foreignDialect,
  text: text(
    'what the peer said as it left; of text-form, cut-off and unreadable the sentence for the user; otherwise empty',
  ),
});

const error = event('error', 'something failed that the user should know of', {
  code: code('layer and failure; a newer node may have codes that this version does not know'),
  message: text('the failure in words'),
  peer: v.exactOptional(text('name of the peer concerned')),
});

const bye = event('bye', 'the node ends; nothing follows', {});

/** By type, in the order of a node's life. */
export const nodeEvents = {
  ready,
  peer,
  message,
  edit,
  delete: deletion,
  reaction,
  timer,
  read,
  typing,
  status,
  presence: ownPresence,
  transfer,
  notice,
  error,
  bye,
};

/** The presence of a peer. */
export type PeerState = v.InferOutput<typeof peerState>;

type Fields<Schema extends v.GenericSchema> = Readonly<v.InferOutput<Schema>>;

/** The reader is subscribed. */
export interface ReadyEvent extends Fields<typeof ready> {}
/** The row of a peer: it appeared, changed or left. */
export interface PeerEvent extends Fields<typeof peer> {}
/** A message was stored. */
export interface MessageEvent extends Fields<typeof message> {}
/** A message has another text. */
export interface EditEvent extends Fields<typeof edit> {}
/** A message was deleted. */
export interface DeleteEvent extends Fields<typeof deletion> {}
/** A reaction to a message, or its end. */
export interface ReactionEvent extends Fields<typeof reaction> {}
/** New messages of a conversation disappear after another time. */
export interface TimerEvent extends Fields<typeof timer> {}
/** An operation on a message. */
export type OperationEvent = EditEvent | DeleteEvent | ReactionEvent;
/** The user of a peer read messages of this home. */
export interface ReadEvent extends Fields<typeof read> {}
/** The user of a peer types, or stopped. */
export interface TypingEvent extends Fields<typeof typing> {}
/** A sent message reached another state. */
export interface StatusEvent extends Fields<typeof status> {}
/** The own status. */
export interface PresenceEvent extends Fields<typeof ownPresence> {}
/** A transfer of files appeared, moved on or ended. */
export interface TransferEvent extends Fields<typeof transfer> {}
/** An older program reports about a peer. */
export interface NoticeEvent extends Fields<typeof notice> {}
/** A failure that the user should know of. */
export interface ErrorEvent extends Fields<typeof error> {}
/** The node ends. */
export interface ByeEvent extends Fields<typeof bye> {}

/** Any event that a node publishes. */
export type NodeEvent =
  | ReadyEvent
  | PeerEvent
  | MessageEvent
  | OperationEvent
  | TimerEvent
  | ReadEvent
  | TypingEvent
  | StatusEvent
  | PresenceEvent
  | TransferEvent
  | NoticeEvent
  | ErrorEvent
  | ByeEvent;
