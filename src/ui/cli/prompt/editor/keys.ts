/** The keys of a terminal: parses what the terminal sends. Pure: the caller says when a pause has ended a sequence. */
import { editor as limits } from '../../limits.js';

/** The name of a key. */
export type KeyName =
  | 'enter'
  | 'newline'
  | 'tab'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'word-left'
  | 'word-right'
  | 'home'
  | 'end'
  | 'kill-to-end'
  | 'kill-to-start'
  | 'kill-word-left'
  | 'kill-word-right'
  | 'yank'
  | 'undo'
  | 'older'
  | 'newer'
  | 'interrupt'
  | 'end-of-input'
  | 'suspend'
  | 'clear-screen';

/** One input: a key, typed text, or a paste. */
export type Key =
  | { readonly type: 'press'; readonly name: KeyName }
  | { readonly type: 'text'; readonly text: string }
  /** The terminal reports that it has, or lost, the focus. */
  | { readonly type: 'focus'; readonly isIn: boolean }
  /** Pasted text; `isCut`: it was longer than `pasteCharsMax`. */
  | { readonly type: 'paste'; readonly text: string; readonly isCut: boolean };

const press = (name: KeyName): Key => ({ type: 'press', name });

const controls: ReadonlyMap<string, KeyName> = new Map([
  ['\x01', 'home'],
  ['\x02', 'left'],
  ['\x03', 'interrupt'],
  ['\x04', 'end-of-input'],
  ['\x05', 'end'],
  ['\x06', 'right'],
  ['\x08', 'backspace'],
  ['\t', 'tab'],
  ['\n', 'newline'],
  ['\x0b', 'kill-to-end'],
  ['\x0c', 'clear-screen'],
  ['\r', 'enter'],
  ['\x0e', 'newer'],
  ['\x10', 'older'],
  ['\x15', 'kill-to-start'],
  ['\x17', 'kill-word-left'],
  ['\x19', 'yank'],
  ['\x1a', 'suspend'],
  ['\x1f', 'undo'],
  ['\x7f', 'backspace'],
]);

const alts: ReadonlyMap<string, KeyName> = new Map([
  ['\r', 'newline'],
  ['\n', 'newline'],
  ['b', 'word-left'],
  ['B', 'word-left'],
  ['f', 'word-right'],
  ['F', 'word-right'],
  ['d', 'kill-word-right'],
  ['D', 'kill-word-right'],
  ['\x7f', 'kill-word-left'],
  ['\x08', 'kill-word-left'],
]);

const finals: ReadonlyMap<string, KeyName> = new Map([
  ['A', 'up'],
  ['B', 'down'],
  ['C', 'right'],
  ['D', 'left'],
  ['H', 'home'],
  ['F', 'end'],
]);

const numbered: ReadonlyMap<string, KeyName> = new Map([
  ['1', 'home'],
  ['3', 'delete'],
  ['4', 'end'],
  ['7', 'home'],
  ['8', 'end'],
]);

/** Sequence with which a terminal marks the start of a paste. */
export const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';
const escapeSequence = /^\x1b\x1b?(?:\[([0-9;:<=>?]*)[ -/]*([@-~])|O([@-~])|([^[O\x1b]))/u;
const begunSequence = /^\x1b\x1b?(?:\[[0-9;:<=>?]*[ -/]*|O)?$/;

/** Turns text from a terminal into keys. An incomplete sequence waits for the next text or for `flush`. */
export class KeyParser {
  #rest = '';
  /** Text of the paste that has begun; null: none has. */
  #pasted: string | null = null;
  #isCut = false;

  /** Whether a sequence or a paste waits for its end. */
  get isWaiting(): boolean {
    return this.#rest !== '' || this.#pasted !== null;
  }

  get isPasting(): boolean {
    return this.#pasted !== null;
  }

  feed(text: string): readonly Key[] {
    this.#rest += text;
    const keys: Key[] = [];
    while (this.#rest !== '') {
      const taken = this.#pasted === null ? this.#key(keys) : this.#paste(keys);
      if (!taken) break;
    }
    return keys;
  }

  /** Ends what waits: a lone Escape is a key, and an open paste ends. */
  flush(): readonly Key[] {
    const rest = this.#rest;
    this.#rest = '';
    if (this.#pasted !== null) return [this.#endPaste(rest)];
    return rest === '' ? [] : [press('escape')];
  }

  #key(keys: Key[]): boolean {
    const text = this.#rest;
    if (text.startsWith(pasteStart)) {
      this.#pasted = '';
      return this.#advance(pasteStart.length);
    }
    if (text.startsWith('\x1b')) {
      if (begunSequence.test(text)) return false;
      const sequence = escapeSequence.exec(text);
      // Escape before something that begins no sequence is a key of its own.
      if (sequence === null) keys.push(press('escape'));
      else keys.push(...keyOf(sequence));
      return this.#advance(sequence?.[0].length ?? 1);
    }
    const plain = /^[^\x00-\x1f\x7f]+/u.exec(text)?.[0];
    if (plain !== undefined) {
      keys.push({ type: 'text', text: plain });
      return this.#advance(plain.length);
    }
    const name = controls.get(text[0] ?? '');
    if (name !== undefined) keys.push(press(name));
    return this.#advance(1);
  }

  #paste(keys: Key[]): boolean {
    const end = this.#rest.indexOf(pasteEnd);
    if (end !== -1) {
      keys.push(this.#endPaste(this.#rest.slice(0, end)));
      return this.#advance(end + pasteEnd.length);
    }
    // The end may have begun in this text.
    const escape = this.#rest.lastIndexOf('\x1b');
    const isBegun = escape !== -1 && pasteEnd.startsWith(this.#rest.slice(escape));
    this.#collect(isBegun ? this.#rest.slice(0, escape) : this.#rest);
    this.#rest = isBegun ? this.#rest.slice(escape) : '';
    return false;
  }

  #collect(text: string): void {
    const room = limits.pasteCharsMax - (this.#pasted?.length ?? 0);
    if (text.length > room) this.#isCut = true;
    this.#pasted = (this.#pasted ?? '') + text.slice(0, room);
  }

  #endPaste(last: string): Key {
    this.#collect(last);
    const key: Key = { type: 'paste', text: unixLines(this.#pasted ?? ''), isCut: this.#isCut };
    this.#pasted = null;
    this.#isCut = false;
    return key;
  }

  #advance(chars: number): true {
    this.#rest = this.#rest.slice(chars);
    return true;
  }
}

function keyOf(sequence: RegExpExecArray): readonly Key[] {
  const [, parameters = '', final, application, alone] = sequence;
  if (alone !== undefined) {
    const name = alts.get(alone);
    return name === undefined ? [] : [press(name)];
  }
  if (application !== undefined) {
    const name = application === 'M' ? 'enter' : finals.get(application);
    return name === undefined ? [] : [press(name)];
  }
  const [first = '', modifier = '', code = ''] = parameters.split(';');
  // Enter with a modifier, in the forms of kitty and of xterm.
  if (final === 'u' && first === '13')
    return [press(modifier === '' || modifier === '1' ? 'enter' : 'newline')];
  if (final === '~' && first === '27' && code === '13') return [press('newline')];
  if (final === '~') {
    const name = numbered.get(first);
    return name === undefined ? [] : [press(name)];
  }
  if (parameters === '' && (final === 'I' || final === 'O')) return [{ type: 'focus', isIn: final === 'I' }];
  const name = finals.get(final ?? '');
  if (name === undefined) return [];
  const isByWord = modifier !== '' && modifier !== '1' && modifier !== '2';
  if (isByWord && (name === 'left' || name === 'right')) return [press(`word-${name}`)];
  return [press(name)];
}

/** Writes line ends as `\n`: a terminal pastes them as Enter. */
export const unixLines = (text: string): string => text.replace(/\r\n?/g, '\n');

/** Returns a text as the paste that a terminal would send. */
export const pasteOf = (text: string): Key => ({
  type: 'paste',
  text: unixLines(text.slice(0, limits.pasteCharsMax)),
  isCut: text.length > limits.pasteCharsMax,
});

/** Whether `text` is one key: such a text is never the beginning of a paste. */
export const isOneKey = (text: string): boolean =>
  Array.from(text).length === 1 || escapeSequence.exec(text)?.[0].length === text.length;

/** Removes the sequences of keys. */
export const withoutSequences = (text: string): string =>
  text.replace(/\x1b\x1b?(?:\[[0-9;:<=>?]*[ -/]*[@-~]|O[@-~]|[^[O\x1b])/gu, '');
