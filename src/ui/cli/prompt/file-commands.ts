/** Commands of the prompt about files: offering them to the open conversation, and deciding about transfers. */
import { catalogue } from '../../text/catalogue.js';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { NodeHandle, TransferEvent } from '../../../index.js';
import { promptTransferLine, transferLine, transferName } from '../files/words.js';
import { filesVerbs } from '../options/verbs.js';
import type { Open } from './layout.js';
import type { Printer } from './printer.js';

/** Runs the commands about files. */
export class FileCommands {
  readonly #node: Pick<NodeHandle, 'offerFiles' | 'transfers' | 'actOnTransfer'>;
  readonly #printer: Printer;
  /** The last printed state of each transfer. */
  readonly #states = new Map<string, string>();

  constructor(node: Pick<NodeHandle, 'offerFiles' | 'transfers' | 'actOnTransfer'>, printer: Printer) {
    this.#node = node;
    this.#printer = printer;
  }

  /** Prints a transfer that entered a new state. */
  event(event: TransferEvent): void {
    if (this.#printer.naming.get(event.peerId)?.blocked === true) return;
    const key = `${event.state} ${event.reason ?? ''}`;
    if (this.#states.get(event.id) === key) return;
    this.#states.set(event.id, key);
    const line = promptTransferLine(event, this.#printer.colors);
    if (line !== null) this.#printer.say(line);
  }

  /** Offers a file or folder to the open conversation. */
  async send(argument: string, open: Open | null): Promise<void> {
    if (argument === '') return this.#printer.warn(catalogue().prompt.fileMissing);
    if (open === null) return this.#printer.warn(catalogue().prompt.noConversation);
    const offered = await this.#node.offerFiles(open.row?.id ?? open.word, [pathOf(argument)]);
    if (offered.isErr()) return this.#printer.fail(offered.error, open.row?.name ?? open.word);
    for (const note of offered.value.notes ?? []) this.#printer.warn(note);
    this.#printer.note(catalogue().prompt.offered(transferName(offered.value)));
  }

  /** Lists transfers, or decides about one. */
  async files(argument: string): Promise<void> {
    const [verbWord = '', id = '', ...rest] = argument.split(/\s+/u);
    if (verbWord === '' || verbWord === 'list') return this.#list();
    const verb = filesVerbs.find((each) => each === verbWord.toLowerCase());
    if (verb === undefined || verb === 'list' || id === '')
      return this.#printer.warn(catalogue().prompt.filesUsage);
    const directory = rest.length === 0 ? null : pathOf(rest.join(' '));
    const done = await this.#node.actOnTransfer(id, verb, directory);
    if (done.isErr()) return this.#printer.fail(done.error);
    this.#printer.note(transferLine(done.value, this.#printer.colors));
  }

  async #list(): Promise<void> {
    const all = await this.#node.transfers();
    if (all.isErr()) return this.#printer.fail(all.error);
    if (all.value.length === 0) return this.#printer.note(catalogue().prompt.noTransfer);
    this.#printer.rows(all.value.map((each) => transferLine(each, this.#printer.colors)));
  }
}

/** Reads a typed path: `~` is the home of the user, and quotes around the whole may stand. */
function pathOf(typed: string): string {
  const plain = /^"(.*)"$|^'(.*)'$/s.exec(typed);
  const path = plain?.[1] ?? plain?.[2] ?? typed;
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(path);
}

/** Returns the paths that begin with a typed word, folders with a slash. A folder that cannot be read has none. */
export function pathsFor(typed: string): readonly string[] {
  const folder = typed.endsWith('/') ? typed : typed.includes('/') ? `${dirname(typed)}/` : '';
  const begun = typed.endsWith('/') ? '' : basename(typed);
  try {
    return readdirSync(pathOf(folder === '' ? '.' : folder), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(begun) && (begun.startsWith('.') || !name.startsWith('.')))
      .map((each) => `${folder === '//' ? '/' : folder}${each.name}${each.isDirectory() ? '/' : ''}`)
      .toSorted();
  } catch {
    return [];
  }
}
