/** Reads a line of the old format back: what a person, or a script of old, makes of an exported file. */
import { err, ok, type Result } from 'neverthrow';
import type { OldLine } from '../../src/chat/delivery/transcript.js';

/** The inverse of `formatOldLine`; reads what the oldest program writes, too. The error says what is wrong. */
export function parseOldLine(line: string): Result<OldLine, string> {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) - (.*)$/su.exec(line);
  const [address, name, direction, ...text] = match?.[7]?.split(' - ') ?? [];
  const isComplete = address !== undefined && name !== undefined && text.length > 0;
  if (match === null || !isComplete || (direction !== 'SENT' && direction !== 'RECEIVED')) {
    return err('not a history line');
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  return ok({
    atMs: new Date(year ?? 0, (month ?? 1) - 1, day, hour, minute, second).getTime(),
    address: unescapeLine(address),
    name: unescapeLine(name),
    direction: direction === 'SENT' ? 'out' : 'in',
    text: unescapeLine(text.join(' - ')),
  });
}

function unescapeLine(text: string): string {
  return text.replace(/\\(?:([\\nr])|u([0-9a-f]{4}))/g, (_, letter: string | undefined, hex: string) => {
    if (letter === 'n') return '\n';
    if (letter === 'r') return '\r';
    return letter ?? String.fromCharCode(Number.parseInt(hex, 16));
  });
}
