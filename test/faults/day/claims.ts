/**
 * The claims about a screen of the prompt: no row is torn, nobody's words stand under the name of another person, and
 * the input line is what was typed. Pure.
 */

/** A text of the scene names its author and its number at both ends. */
export const textOf = (author: string, number: number, words: readonly string[]): string =>
  [`[${author}:${number}]`, ...words, `[/${author}:${number}]`].join(' ');

/** The texts that the reader of a screen should see. */
export interface Known {
  /** Whether it is the screen of this author. */
  readonly isOwn: (author: string) => boolean;
  /** The text that an author gave a number. */
  readonly text: (author: string, number: number) => string | undefined;
  /** Whether a label may stand before the words of an author. */
  readonly isLabel: (label: string, author: string) => boolean;
  /** Whether the words of this author may stand on this screen at all. */
  readonly mayShow: (author: string, number: number) => boolean;
}

const messageRow = /^\d\d:\d\d (?: {2}|· |✓ |✓✓|●●|✗ ) (.*)$/u;
const indent = ' '.repeat(9);
const content = /^(.+?)(?: [✓⚠] (?:un)?verified.*?)?: (\[(\w+):(\d+)\] .*? ?\[\/\3:\4\])(.*)$/u;
const token = /\[\/?\w+:\d+\]/u;

/** The lines of a screen, where the rows of a message are joined. `isMessage`: it begins with a time and a mark. */
export function linesOf(written: readonly string[]): readonly { text: string; isMessage: boolean }[] {
  const lines: { text: string; isMessage: boolean }[] = [];
  for (const row of written) {
    const last = lines.at(-1);
    const begun = messageRow.exec(row)?.[1];
    if (begun !== undefined) lines.push({ text: begun, isMessage: true });
    else if (last?.isMessage === true && row.startsWith(indent)) last.text += ` ${row.slice(indent.length)}`;
    else lines.push({ text: row, isMessage: false });
  }
  return lines;
}

/** Returns the faults of lines that have scrolled out or stand above the input line. */
export function faultsOf(written: readonly string[], known: Known): readonly string[] {
  return linesOf(written).flatMap(({ text, isMessage }) =>
    isMessage ? faultOfMessage(text, known) : faultOfRemark(text),
  );
}

function faultOfMessage(text: string, known: Known): readonly string[] {
  const [, label = '', body = '', author = '', digits = ''] = content.exec(text) ?? [];
  if (body === '') return [`torn: ${text}`];
  const number = Number(digits);
  if (known.text(author, number) !== body) return [`not what was said: ${text}`];
  const isOwn = label === 'you' || label.startsWith('you → ');
  if (isOwn ? !known.isOwn(author) : !known.isLabel(label, author)) return [`under another name: ${text}`];
  return known.mayShow(author, number) ? [] : [`of a blocked peer: ${text}`];
}

function faultOfRemark(text: string): readonly string[] {
  if (text.startsWith('shell$')) return [];
  if (token.test(text)) return [`words outside a message: ${text}`];
  return text.includes('›') ? [`a copy of the input line: ${text}`] : [];
}

/** The input line at the bottom of the rows: prompt, text, and the rows above it. Null: there is none. */
export function inputOf(
  rows: readonly string[],
): { readonly above: readonly string[]; readonly prompt: string; readonly text: string } | null {
  const at = rows.findLastIndex((row) => /(?:^|\S )› ?/u.test(row) && !/^\d\d:\d\d/u.test(row));
  if (at < 0) return null;
  const [prompt = '', ...rest] = (rows[at] ?? '').split('›');
  const isNote = rows[at - 1]?.endsWith(' is typing…') === true;
  return {
    above: rows.slice(0, isNote ? at - 1 : at),
    prompt: prompt.trim(),
    text: [rest.join('›').slice(1), ...rows.slice(at + 1)].join(''),
  };
}

/** Whether the input line shows a typed text. Blanks at row ends do not count. */
export const showsTyped = (shown: string, typed: string): boolean =>
  shown.replaceAll(' ', '') === typed.replaceAll(' ', '');
