/** The commands of the prompt: their names and help, the parser of a typed line, and completion. Pure. */
import { escapeForTerminal, type PeerEvent } from '../../../index.js';
import { nearest } from '../options/suggestion.js';
import { entryRows, remarkRows } from './layout.js';

/** The commands of the prompt. */
export const slashCommands = [
  { name: 'users', argument: '', does: 'lists the peers' },
  { name: 'chat', argument: 'PEER', does: 'opens the conversation with PEER: typed lines go there' },
  { name: 'send', argument: 'PATH', does: 'offers a file or folder to the open conversation' },
  {
    name: 'files',
    argument: '[VERB] [ID]',
    does: 'lists the transfers; accept, decline, cancel or retry one',
  },
  { name: 'history', argument: '[QUERY]', does: 'shows the conversation, or the messages that hold QUERY' },
  {
    name: 'reply',
    argument: '[ID] TEXT',
    does: 'answers a message: the last received one, or ID',
  },
  { name: 'edit', argument: '[ID] TEXT', does: 'changes the text of your last message, or of ID' },
  {
    name: 'delete',
    argument: '[ID]',
    does: 'removes your last message, or ID, and asks the other side to remove it',
  },
  {
    name: 'react',
    argument: '[ID] EMOJI',
    does: 'reacts to the last received message, or to ID; off behind it takes it back',
  },
  { name: 'copy', argument: '[ID]', does: 'puts a message on the clipboard: the last received one, or ID' },
  { name: 'paste', argument: '', does: 'puts the text of the clipboard into the input line' },
  { name: 'show', argument: '[NUMBER]', does: 'shows all rows of a message that was shortened' },
  { name: 'nickname', argument: 'NAME', does: 'changes the name that others see' },
  {
    name: 'verify',
    argument: '[CODE|yes]',
    does: 'shows the safety code; with the code, or with yes, marks the peer verified',
  },
  { name: 'block', argument: '[PEER]', does: 'blocks the peer: its messages are neither shown nor stored' },
  { name: 'unblock', argument: 'PEER', does: 'unblocks the peer' },
  {
    name: 'status',
    argument: '[WORD] [TEXT]',
    does: 'shows your status, or sets it: here, away, busy or invisible; --until TIME ends it',
  },
  { name: 'away', argument: '[TEXT]', does: 'tells others that you are away; --until TIME ends it' },
  { name: 'back', argument: '', does: 'tells others that you are here again' },
  {
    name: 'privacy',
    argument: '[WHAT] [WHO]',
    does: 'shows or chooses the peers that learn what you read (receipts) or that you type (typing)',
  },
  { name: 'unread', argument: '', does: 'tells which conversations have messages that you have not read' },
  { name: 'requests', argument: '', does: 'lists the strangers that wrote' },
  { name: 'accept', argument: 'PEER', does: 'accepts a request, or a changed key after showing both codes' },
  { name: 'reject', argument: 'PEER', does: 'refuses a request or a changed key' },
  { name: 'contact', argument: '[PEER]', does: 'lists the contacts, or shows one' },
  {
    name: 'outbox',
    argument: '[VERB] [ID]',
    does: 'lists what waits; cancel withdraws it, retry tries again',
  },
  {
    name: 'doctor',
    argument: '[PEER]',
    does: 'finds out why peers are not found, or what stands between here and PEER',
  },
  { name: 'disconnect', argument: '[PEER]', does: 'ends the session; the next message starts a new one' },
  { name: 'help', argument: '', does: 'lists the commands' },
  { name: 'exit', argument: '', does: 'leaves, as Ctrl-D does' },
] as const;

/** The name of a command. */
export type SlashName = (typeof slashCommands)[number]['name'];

/** The meaning of a typed line. */
export type Input =
  | { readonly type: 'nothing' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'command'; readonly name: SlashName; readonly argument: string }
  | { readonly type: 'unknown'; readonly word: string; readonly meant: SlashName | null };

/** Returns the rows of `/help`. */
export const helpRows = (columns: number, paint: (text: string) => string): readonly string[] => [
  ...remarkRows('A line is a message to the open conversation. Tab completes commands and names.', columns),
  ...slashCommands.flatMap(({ name, argument, does }) =>
    entryRows(`/${name} ${argument}`, does, columns, paint),
  ),
  ...entryRows('//TEXT', 'sends a text that begins with a slash', columns, paint),
  ...remarkRows(
    'PEER is a name, NAME#TAG, an id, HOST:PORT, or DIALECT://HOST for an older program.',
    columns,
  ),
  ...remarkRows('Alt-Enter or Ctrl-J adds a line to a message. A paste is text, never a command.', columns),
];

/** Parses a typed line. `//` begins a text whose first character is a slash. */
export function parseInput(line: string): Input {
  if (line.trim() === '') return { type: 'nothing' };
  if (line.startsWith('//')) return { type: 'text', text: line.slice(1) };
  if (!line.startsWith('/')) return { type: 'text', text: line };
  const [, word = '', argument = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  const name = slashCommands.find((command) => command.name === word.toLowerCase())?.name;
  if (name !== undefined) return { type: 'command', name, argument: argument.trim() };
  const near = nearest(
    word,
    slashCommands.map((command) => command.name),
  );
  const meant = slashCommands.find((command) => command.name === near)?.name ?? null;
  return { type: 'unknown', word, meant };
}

const takesPeer: ReadonlySet<string> = new Set([
  'chat',
  'block',
  'unblock',
  'disconnect',
  'verify',
  'accept',
  'reject',
  'contact',
  'doctor',
]);

/** Returns the candidates for the end of `line`, and the part of it that they replace. */
export function complete(
  line: string,
  peers: readonly PeerEvent[],
  pathsFor: (typed: string) => readonly string[] = () => [],
): readonly [string[], string] {
  const command = /^\/(\S*)$/.exec(line);
  if (command !== null) {
    const hits = slashCommands
      .map(({ name }) => `/${name} `)
      .filter((name) => name.startsWith(line.toLowerCase()));
    return [hits, line];
  }
  const argument = /^\/(\S+)\s+(.*)$/s.exec(line);
  if (argument?.[1] === 'send') return [[...pathsFor(argument[2] ?? '')], argument[2] ?? ''];
  const word = argument === null ? (/\S*$/.exec(line)?.[0] ?? '') : (argument[2] ?? '');
  if (argument !== null && !takesPeer.has(argument[1] ?? '')) return [[], line];
  if (word === '') return [argument === null ? [] : peerWords(peers), word];
  const begun = word.toLowerCase();
  return [peerWords(peers).filter((name) => name.toLowerCase().startsWith(begun)), word];
}

/** Returns names as they can be typed: with the tag where they collide, the id where the terminal cannot show them. */
export function peerWords(peers: readonly PeerEvent[]): string[] {
  const words = peers.map((peer) => {
    if (escapeForTerminal(peer.name) !== peer.name) return peer.id;
    const isAmbiguous = peers.some((other) => other.id !== peer.id && folded(other) === folded(peer));
    return isAmbiguous ? `${peer.name}#${peer.tag}` : peer.name;
  });
  return words.filter((word) => escapeForTerminal(word) === word);
}

/** Folds a name, since names are found in any case. */
export const folded = ({ name }: PeerEvent): string => name.normalize('NFC').toLowerCase();
