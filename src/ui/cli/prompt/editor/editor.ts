/**
 * The input line of the prompt: a text of one or more lines with a cursor, its history, and the question about a paste.
 * Pure: takes keys, returns what the terminal has to do.
 */
import { catalogue } from '../../../text/catalogue.js';
import { unreachable } from '../../../../exhaustive.js';
import { cli, editor as limits } from '../../limits.js';
import { editNames, TextBuffer, type EditName } from './buffer.js';
import type { Key, KeyName } from './keys.js';

/** A line that the user has finished. */
export interface Typed {
  readonly text: string;
  /** Whether it is text whatever it begins with: a paste is never a command. */
  readonly isText: boolean;
}

/** A request of the editor to its screen. */
export type EditorEffect =
  | { readonly type: 'submit'; readonly line: Typed }
  | { readonly type: 'leave' | 'suspend' | 'clear-screen' }
  | { readonly type: 'list'; readonly words: readonly string[] }
  | { readonly type: 'remark'; readonly text: string };

/** The state of the editor to be drawn. */
export interface EditorView {
  /** Question that stands in place of the prompt; null: there is none. */
  readonly question: string | null;
  readonly text: string;
  /** Position in `text`, in UTF-16 units. */
  readonly cursor: number;
}

/** Returns the candidates for the end of `line`, and the part of it that they replace. */
export type Complete = (line: string) => readonly [readonly string[], string];

/** Returns a message as it is typed: a slash at its start is doubled, since one slash begins a command. */
export const asTyped = (message: string): string => (message.startsWith('/') ? `/${message}` : message);

/** Returns the message of a line that was typed so. */
export const asMessage = (line: string): string => (line.startsWith('//') ? line.slice(1) : line);

/** Whether a typed line is a message, not a command. */
export const isMessage = (line: string): boolean => !line.startsWith('/') || line.startsWith('//');

/** Text that an answer to the question may go on with. */
interface Answered {
  /** Rest of the word of the answer, such as `es` of `yes`. */
  readonly rest: string;
  /** The line behind the answer. */
  readonly text: string;
  readonly cursor: number;
}

/** The input line with its history. */
export class Editor {
  readonly #complete: Complete;
  readonly #mayEditLast: () => boolean;
  readonly #line = new TextBuffer();
  #history: string[];
  /** Entry of the history that is shown, counted from the newest; -1: the line itself. */
  #shownEntry = -1;
  /** The line itself while an entry of the history is shown. */
  #ownLine = '';
  /** Lines that were not sent and wait for the line to be empty. */
  readonly #waiting: string[] = [];
  /** Text of the unsent line that stands in the input unchanged; null: the input holds another text. */
  #givenBack: string | null = null;
  /** Paste that the user is asked about. */
  #pasted: string | null = null;
  #answered: Answered | null = null;

  /** `mayEditLast`: whether Up on an empty line asks for the last own message, to be changed. */
  constructor(complete: Complete, history: readonly string[] = [], mayEditLast = (): boolean => false) {
    this.#complete = complete;
    this.#mayEditLast = mayEditLast;
    this.#history = [...history];
  }

  view(): EditorView {
    if (this.#pasted === null) return { question: null, text: this.#line.text, cursor: this.#line.cursor };
    const lines = this.#pasted.split('\n').length;
    return { question: catalogue().prompt.pasteLines(lines), text: '', cursor: 0 };
  }

  /** Finished lines, oldest first. */
  history(): readonly string[] {
    return this.#history;
  }

  /** Removes the finished lines that said a text, by themselves or in a command. */
  forget(text: string): void {
    const said = (line: string): boolean => line === text || (line.startsWith('/') && line.endsWith(text));
    this.#history = this.#history.filter((line) => text === '' || !said(line));
  }

  /** The line and the lines that wait behind it. */
  unfinished(): readonly string[] {
    const own = this.#shownEntry === -1 ? this.#line.text : this.#ownLine;
    return [...(own === '' ? [] : [own]), ...this.#waiting];
  }

  /** Takes the lines that were given back and that nobody has changed. The line being typed stays. */
  takeGivenBack(): readonly string[] {
    const isUnchanged = this.#givenBack !== null && this.#givenBack === this.#line.text;
    const taken = [...(isUnchanged ? [this.#line.text] : []), ...this.#waiting.splice(0)];
    if (isUnchanged) this.#line.clear();
    this.#givenBack = null;
    return taken;
  }

  /** Puts a line back that was not sent. It waits while another line is typed. */
  giveBack(line: string): void {
    this.#waiting.push(line);
    this.#refill();
  }

  press(key: Key): readonly EditorEffect[] {
    if (key.type === 'focus') return [];
    if (key.type === 'paste') return this.#paste(key.text, key.isCut);
    if (this.#pasted !== null) return this.#answer(key, this.#pasted);
    if (key.type === 'text') {
      this.#type(key.text);
      return [];
    }
    return this.#act(key.name);
  }

  #act(name: KeyName): readonly EditorEffect[] {
    if (isEdit(name)) {
      this.#shownEntry = -1;
      this.#line.edit(name);
      return [];
    }
    switch (name) {
      case 'enter':
        return this.#enter();
      case 'tab':
        return this.#tab();
      case 'interrupt':
        return this.#interrupt();
      case 'end-of-input':
        if (this.#line.text === '') return [{ type: 'leave' }];
        this.#line.edit('delete');
        return [];
      case 'suspend':
      case 'clear-screen':
        return [{ type: name }];
      case 'up':
        if (this.#shownEntry === -1 && this.#line.text === '' && this.#mayEditLast())
          return [{ type: 'submit', line: { text: '/edit', isText: false } }];
        if (!this.#line.moveVertically(-1)) this.#recall(this.#shownEntry + 1);
        return [];
      case 'down':
        if (!this.#line.moveVertically(1)) this.#recall(this.#shownEntry - 1);
        return [];
      case 'older':
        this.#recall(this.#shownEntry + 1);
        return [];
      case 'newer':
        this.#recall(this.#shownEntry - 1);
        return [];
      case 'escape':
        return [];
      default:
        return unreachable(name);
    }
  }

  #type(text: string): void {
    this.#shownEntry = -1;
    // A command typed at a line that was given back does not become a part of it.
    if (text.startsWith('/') && this.#givenBack !== null && this.#givenBack === this.#line.text) {
      this.#waiting.unshift(this.#givenBack);
      this.#line.clear();
    }
    this.#givenBack = null;
    this.#line.insert(text);
  }

  #enter(): readonly EditorEffect[] {
    if (this.#isEndOfAnswer()) return [];
    const { text } = this.#line;
    this.#finish(text);
    return [{ type: 'submit', line: { text, isText: false } }];
  }

  /** Stores a finished line in the history and makes room for the next one. */
  #finish(line: string): void {
    if (line.trim() !== '')
      this.#history = [...this.#history.filter((entry) => entry !== line), line].slice(
        -cli.inputHistoryLines,
      );
    this.#shownEntry = -1;
    this.#line.clear();
    this.#refill();
  }

  #interrupt(): readonly EditorEffect[] {
    if (this.#line.text === '') return [{ type: 'leave' }];
    this.#shownEntry = -1;
    this.#line.change('');
    this.#refill();
    return [];
  }

  #tab(): readonly EditorEffect[] {
    const { text, cursor } = this.#line;
    const [hits, word] = this.#complete(text.slice(0, cursor));
    const [first] = hits;
    if (first === undefined) return [];
    const common = hits.reduce((prefix, hit) => commonPrefix(prefix, hit), first);
    if (hits.length > 1 && common.length <= word.length) return [{ type: 'list', words: hits }];
    const start = cursor - word.length;
    this.#shownEntry = -1;
    this.#line.change(text.slice(0, start) + common + text.slice(cursor), start + common.length);
    return [];
  }

  #paste(text: string, isCut: boolean): readonly EditorEffect[] {
    const more = text.replace(/\n+$/u, '');
    if (more !== '') {
      const pasted = this.#pasted === null ? more : `${this.#pasted}\n${more}`;
      if (pasted.includes('\n')) this.#pasted = pasted;
      else this.#insertPaste(pasted);
    }
    const remark = catalogue().prompt.pasteCut(limits.pasteCharsMax);
    return isCut ? [{ type: 'remark', text: remark }] : [];
  }

  #insertPaste(text: string): void {
    this.#shownEntry = -1;
    this.#line.insert(this.#line.cursor === 0 ? asTyped(text) : text);
  }

  /** Answers the question about a paste. Other keys are ignored. */
  #answer(key: Key, pasted: string): readonly EditorEffect[] {
    const word = key.type === 'text' ? (key.text[0] ?? '').toLowerCase() : '';
    const name = key.type === 'press' ? key.name : null;
    if (word === 'n' || name === 'escape' || name === 'interrupt' || name === 'end-of-input') {
      this.#pasted = null;
      this.#awaitRest(word === 'n' ? 'o' : null, key);
      return [];
    }
    if (word === 'e') {
      this.#pasted = null;
      this.#insertPaste(pasted);
      this.#awaitRest('dit', key);
      return [{ type: 'remark', text: catalogue().prompt.enterSends }];
    }
    const rest = catalogue().prompt.yesRest(word);
    if (rest === null && name !== 'enter') return [];
    this.#pasted = null;
    const text = this.#line.with(pasted);
    this.#finish(asTyped(text));
    this.#awaitRest(rest, key);
    return [{ type: 'submit', line: { text, isText: true } }];
  }

  /** Remembers how the answer may go on. `key` may hold more of the word than its first letter. */
  #awaitRest(rest: string | null, key: Key): void {
    const { text, cursor } = this.#line;
    this.#answered = rest === null ? null : { rest, text, cursor };
    if (key.type === 'text' && key.text.length > 1) this.#line.insert(key.text.slice(1));
  }

  /** Whether Enter ends an answer such as `y`, `yes` or `edit`: then the rest of the word leaves the line. */
  #isEndOfAnswer(): boolean {
    const answered = this.#answered;
    this.#answered = null;
    if (answered === null) return false;
    const { text, cursor, rest } = answered;
    const withRest = text.slice(0, cursor) + rest + text.slice(cursor);
    if (this.#line.text !== text && this.#line.text !== withRest) return false;
    this.#line.set(text, cursor);
    return true;
  }

  /** Shows an entry of the history, counted from the newest. */
  #recall(entry: number): void {
    if (entry < -1 || entry >= this.#history.length) return;
    if (this.#shownEntry === -1) this.#ownLine = this.#line.text;
    this.#line.set(entry === -1 ? this.#ownLine : (this.#history.at(-1 - entry) ?? ''));
    this.#shownEntry = entry;
  }

  #refill(): void {
    if (this.#line.text !== '' || this.#pasted !== null) return;
    const next = this.#waiting.shift() ?? null;
    this.#givenBack = next;
    if (next !== null) this.#line.set(next);
  }
}

const edits: ReadonlySet<string> = new Set(editNames);
const isEdit = (name: KeyName): name is EditName => edits.has(name);

function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}
