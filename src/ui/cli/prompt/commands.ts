/** The commands of the prompt: their names and help, the parser of a typed line, and completion. Pure. */
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal, type PeerEvent } from '../../../index.js';
import { nearest } from '../options/suggestion.js';
import { entryRows, remarkRows } from './layout.js';

/** The commands of the prompt. */
export const slashCommands = [
  { name: 'users', argument: '', does: () => catalogue().slash.users },
  { name: 'chat', argument: 'PEER', does: () => catalogue().slash.chat },
  { name: 'send', argument: 'PATH', does: () => catalogue().slash.send },
  {
    name: 'files',
    argument: '[VERB] [ID]',
    does: () => catalogue().slash.files,
  },
  { name: 'history', argument: '[QUERY]', does: () => catalogue().slash.history },
  {
    name: 'reply',
    argument: '[ID] TEXT',
    does: () => catalogue().slash.reply,
  },
  { name: 'edit', argument: '[ID] TEXT', does: () => catalogue().slash.edit },
  {
    name: 'delete',
    argument: '[ID]',
    does: () => catalogue().slash.remove,
  },
  {
    name: 'react',
    argument: '[ID] EMOJI',
    does: () => catalogue().slash.react,
  },
  { name: 'timer', argument: '[TIME]', does: () => catalogue().slash.timer },
  { name: 'copy', argument: '[ID]', does: () => catalogue().slash.copy },
  { name: 'paste', argument: '', does: () => catalogue().slash.paste },
  { name: 'show', argument: '[NUMBER]', does: () => catalogue().slash.show },
  { name: 'nickname', argument: 'NAME', does: () => catalogue().slash.nickname },
  {
    name: 'verify',
    argument: '[CODE|yes]',
    does: () => catalogue().slash.verify,
  },
  { name: 'block', argument: '[PEER]', does: () => catalogue().slash.block },
  { name: 'unblock', argument: 'PEER', does: () => catalogue().slash.unblock },
  {
    name: 'status',
    argument: '[WORD] [TEXT]',
    does: () => catalogue().slash.status,
  },
  { name: 'away', argument: '[TEXT]', does: () => catalogue().slash.away },
  { name: 'back', argument: '', does: () => catalogue().slash.back },
  {
    name: 'privacy',
    argument: '[WHAT] [WHO]',
    does: () => catalogue().slash.privacy,
  },
  { name: 'unread', argument: '', does: () => catalogue().slash.unread },
  { name: 'requests', argument: '', does: () => catalogue().slash.requests },
  { name: 'accept', argument: 'PEER', does: () => catalogue().slash.accept },
  { name: 'reject', argument: 'PEER', does: () => catalogue().slash.reject },
  { name: 'contact', argument: '[PEER]', does: () => catalogue().slash.contact },
  {
    name: 'outbox',
    argument: '[VERB] [ID]',
    does: () => catalogue().slash.outbox,
  },
  {
    name: 'doctor',
    argument: '[PEER]',
    does: () => catalogue().slash.doctor,
  },
  { name: 'disconnect', argument: '[PEER]', does: () => catalogue().slash.disconnect },
  { name: 'help', argument: '', does: () => catalogue().slash.help },
  { name: 'exit', argument: '', does: () => catalogue().slash.exit },
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
  ...remarkRows(catalogue().slash.lineIsMessage, columns),
  ...slashCommands.flatMap(({ name, argument, does }) =>
    entryRows(`/${name} ${argument}`, does(), columns, paint),
  ),
  ...entryRows('//TEXT', catalogue().slash.slashText, columns, paint),
  ...remarkRows(catalogue().slash.peerForms, columns),
  ...remarkRows(catalogue().slash.moreLines, columns),
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
