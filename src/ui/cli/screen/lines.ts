/** The catalogue of NDJSON lines that commands print besides the events of a node. `type` names the kind of line. */
import * as v from 'valibot';
import { answers, nodeEvents } from '../../../index.js';

const { id, name, tag, addresses, port } = answers.selfInfo.entries;
const { address, pid } = nodeEvents.ready.entries;

const described = <Schema extends v.GenericSchema>(schema: Schema, meaning: string) =>
  v.pipe(schema, v.description(meaning));

const line = <const Type extends string, Entries extends v.ObjectEntries>(
  type: Type,
  meaning: string,
  entries: Entries,
) => described(v.object({ type: v.literal(type), ...entries }), meaning);

/** By name; the name is the type but where two kinds of line share one. */
export const commandLines = {
  id: line('id', '`id`: the own identity', {
    id,
    name,
    tag,
    safetyCode: described(v.string(), 'own half of every safety code'),
    addresses,
    port,
  }),
  safety: line('safety', '`verify`: the safety code of a pair', {
    peer: described(v.string(), 'name of the peer'),
    peerId: described(v.string(), 'identity of the peer'),
    code: answers.safetyInfo.entries.code,
    verified: answers.safetyInfo.entries.verified,
  }),
  unread: line('unread', '`unread`: a conversation with messages that the user has not read', {
    peer: described(v.string(), 'name of the peer'),
    peerId: described(v.string(), 'identity of the peer'),
    name: nodeEvents.peer.entries.name,
    id: nodeEvents.peer.entries.id,
    tag: nodeEvents.peer.entries.tag,
    unread: answers.unreadInfo.entries.unread,
    afterSeq: answers.unreadInfo.entries.readSeq,
    since: v.exactOptional(described(v.string(), 'arrival of the oldest unread message')),
  }),
  request: line('request', '`requests`: a stranger that wrote', {
    peer: described(v.string(), 'name of the peer'),
    peerId: described(v.string(), 'identity of the peer'),
    name: nodeEvents.peer.entries.name,
    id: nodeEvents.peer.entries.id,
    tag: nodeEvents.peer.entries.tag,
    unread: nodeEvents.peer.entries.unread,
    text: described(v.string(), 'first message of the stranger'),
  }),
  contact: line('contact', '`contact`: a contact with the decisions of the user', {
    name: nodeEvents.peer.entries.name,
    id: nodeEvents.peer.entries.id,
    tag: nodeEvents.peer.entries.tag,
    state: nodeEvents.peer.entries.state,
    alias: answers.contactInfo.entries.alias,
    note: answers.contactInfo.entries.note,
    standing: answers.contactInfo.entries.standing,
    verified: nodeEvents.peer.entries.verified,
    blocked: described(v.boolean(), 'whether the user blocked the peer'),
    muted: answers.contactInfo.entries.muted,
    hasKey: answers.contactInfo.entries.hasKey,
    firstSeen: answers.contactInfo.entries.firstSeen,
    lastSeen: nodeEvents.peer.entries.lastSeen,
    unread: nodeEvents.peer.entries.unread,
  }),
  timerState: line(
    'timer-state',
    '`timer PEER`: the time after which messages of the conversation disappear',
    {
      peer: answers.timerInfo.entries.peer,
      peerId: answers.timerInfo.entries.peerId,
      seconds: answers.timerInfo.entries.seconds,
    },
  ),
  privacy: line('privacy', '`privacy`: the peers that learn what the user read and that the user types', {
    receipts: described(v.string(), 'none, verified or contacts; of one peer on, off or default'),
    typing: described(v.string(), 'none, verified or contacts; of one peer on, off or default'),
    presence: v.exactOptional(described(v.string(), 'all or none: the peers that see that the user is here')),
    name: v.exactOptional(nodeEvents.peer.entries.name),
    id: v.exactOptional(nodeEvents.peer.entries.id),
  }),
  setting: line('setting', '`config`: a setting as it is in effect', {
    key: described(v.string(), 'key of the settings file'),
    value: described(v.unknown(), 'its value; null: not set, and without a fixed default'),
    source: described(
      v.picklist(['environment', 'file', 'default']),
      'source of the value; an option of a command overrides it',
    ),
  }),
  settings: line('settings', '`config path`, `config check`: the settings file', {
    file: described(v.string(), 'path of the file'),
  }),
  search: line('search', '`history --search`: messages that the search did not find yet', {
    unindexed: described(
      v.pipe(v.number(), v.integer(), v.minValue(1)),
      'messages that are not in the index yet',
    ),
  }),
  service: line('service', '`service`: the node of the home as a service', {
    name: described(v.string(), 'name of the unit or job'),
    file: described(v.string(), 'file of the service'),
    installed: v.exactOptional(described(v.boolean(), 'whether the file exists')),
    active: v.exactOptional(described(v.boolean(), 'whether it runs')),
    text: v.exactOptional(described(v.string(), '`--print`: content of the file')),
  }),
  identity: line('identity', '`id --export`, `id --import`: the identity was written or read', {
    file: described(v.string(), 'file of the copy'),
  }),
  erased: line('erased', '`history --delete`: messages were removed from this home', {
    removed: described(v.number(), 'number of messages'),
  }),
  export: line('export', '`history --export`: a file was written', {
    file: described(v.string(), 'file that was written'),
    messages: described(v.pipe(v.number(), v.integer(), v.minValue(0)), 'messages in the file'),
  }),
  top: line('top', '`top`: the actors of the node and its threads', {
    tree: described(v.looseObject({}), 'supervisors and actors with their figures'),
    threads: described(v.array(v.looseObject({})), 'threads with their memory in bytes'),
  }),
  finding: line('finding', '`doctor`: the result of one check', {
    check: described(v.string(), 'name of the check'),
    ok: described(v.boolean(), 'whether nothing has to be done'),
    cause: described(v.string(), 'what was observed'),
    remedy: described(v.string(), 'what to do; empty where nothing has to be done'),
    command: described(v.string(), 'command within the remedy; empty where it has none'),
  }),
  progress: line(
    'progress',
    '`doctor`, `history --export`, the start of a node: how much of the work is done',
    {
      what: described(v.string(), 'the work'),
      doneMs: described(v.pipe(v.number(), v.integer(), v.minValue(0)), 'time that has passed'),
      totalMs: v.exactOptional(
        described(v.pipe(v.number(), v.integer(), v.minValue(0)), 'time that the work takes in all'),
      ),
      done: v.exactOptional(
        described(v.pipe(v.number(), v.integer(), v.minValue(0)), 'messages that are done'),
      ),
      total: v.exactOptional(described(v.pipe(v.number(), v.integer(), v.minValue(0)), 'messages in all')),
    },
  ),
  hubReady: line('ready', '`hub`: it listens', { address, port, pid }),
  hub: line('hub', '`hub`: a line of its log', {
    line: described(v.string(), 'line of the log of the hub'),
  }),
  completion: line('completion', '`completion`: the completions of a shell', {
    shell: described(v.picklist(['bash', 'zsh', 'fish']), 'the shell'),
    script: described(v.string(), 'script that the shell reads'),
  }),
  version: line('version', '`--version`: this version', {
    version: described(v.string(), 'version of the program'),
  }),
  help: line('help', '`help`: the help of a command', {
    command: described(v.string(), 'command; empty for the program'),
    text: described(v.string(), 'help as a terminal shows it'),
  }),
  schema: line('object', '`schema`: this schema', {
    $schema: described(v.string(), 'the dialect of JSON Schema'),
  }),
};

/** A line that a command prints and no node publishes. */
export type CommandLine = {
  [Name in keyof typeof commandLines]: Readonly<v.InferOutput<(typeof commandLines)[Name]>>;
}[keyof typeof commandLines];
