/** The words behind a slash: what they are called, what they do, and what somebody may have meant. Pure. */
import { escapeForTerminal, type PeerEvent } from '../../../index.js';
import { nearest } from '../options/suggestion.js';
import { entryRows, remarkRows } from './layout.js';

export const slashCommands = [
  { name: 'users', argument: '', does: 'who is there' },
  { name: 'chat', argument: 'PEER', does: 'opens the conversation with PEER: what you type goes there' },
  { name: 'history', argument: '[QUERY]', does: 'what was said here, or where the words of QUERY occur' },
  { name: 'nickname', argument: 'NAME', does: 'the name that others see' },
  {
    name: 'verify',
    argument: '[CODE|yes]',
    does: 'the safety code; with it, or with yes, marks the peer verified',
  },
  { name: 'block', argument: '[PEER]', does: 'nothing from that peer is shown or stored any more' },
  { name: 'unblock', argument: 'PEER', does: 'lifts that' },
  { name: 'disconnect', argument: '[PEER]', does: 'ends the session; it starts again by itself' },
  { name: 'help', argument: '', does: 'this' },
  { name: 'exit', argument: '', does: 'leaves (Ctrl-D does too)' },
] as const;

export type SlashName = (typeof slashCommands)[number]['name'];

export type Input =
  | { readonly type: 'nothing' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'command'; readonly name: SlashName; readonly argument: string }
  | { readonly type: 'unknown'; readonly word: string; readonly meant: SlashName | null };

export const helpRows = (columns: number, paint: (text: string) => string): readonly string[] => [
  ...remarkRows('A line is a message to the open conversation. Tab completes commands and names.', columns),
  ...slashCommands.flatMap(({ name, argument, does }) =>
    entryRows(`/${name} ${argument}`, does, columns, paint),
  ),
];

/** What a typed line asks for. `//` begins a text that begins with a slash. */
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

const takesPeer: ReadonlySet<string> = new Set(['chat', 'block', 'unblock', 'disconnect', 'verify']);

/** Candidates for the end of `line`, and the part of it that they replace. */
export function complete(line: string, peers: readonly PeerEvent[]): readonly [string[], string] {
  const command = /^\/(\S*)$/.exec(line);
  if (command !== null) {
    const hits = slashCommands
      .map(({ name }) => `/${name} `)
      .filter((name) => name.startsWith(line.toLowerCase()));
    return [hits, line];
  }
  const argument = /^\/(\S+)\s+(.*)$/s.exec(line);
  const word = argument === null ? (/\S*$/.exec(line)?.[0] ?? '') : (argument[2] ?? '');
  if (argument !== null && !takesPeer.has(argument[1] ?? '')) return [[], line];
  if (word === '') return [argument === null ? [] : peerWords(peers), word];
  const begun = word.toLowerCase();
  return [peerWords(peers).filter((name) => name.toLowerCase().startsWith(begun)), word];
}

/** Names as they can be typed: with the tag where they collide, the id where the terminal could not show them. */
export function peerWords(peers: readonly PeerEvent[]): string[] {
  const words = peers.map((peer) => {
    if (escapeForTerminal(peer.name) !== peer.name) return peer.id;
    const isAmbiguous = peers.some((other) => other.id !== peer.id && folded(other) === folded(peer));
    return isAmbiguous ? `${peer.name}#${peer.tag}` : peer.name;
  });
  return words.filter((word) => escapeForTerminal(word) === word);
}

/** A name is found whatever its case. */
const folded = ({ name }: PeerEvent): string => name.normalize('NFC').toLowerCase();
