/** Commands of the prompt about the clipboard of the desktop, which is used at these commands alone. */
import { catalogue } from '../../text/catalogue.js';
import type { Result } from 'neverthrow';
import type { NodeHandle } from '../../../index.js';
import type { writeClipboard } from '../clipboard/clipboard.js';
import { messageNamed } from '../clipboard/copy.js';
import type { CliError } from '../errors.js';
import type { Open } from './layout.js';
import type { Printer } from './printer.js';
import type { Screen } from './screen.js';
import type { Sending } from './sending/sending.js';

const names = ['copy', 'paste'] as const;
/** The name of a command about the clipboard. */
export type ClipboardCommandName = (typeof names)[number];

/** Whether a command is one about the clipboard. */
export const isClipboardCommand = (name: string): name is ClipboardCommandName =>
  names.some((known) => known === name);

/** The clipboard of the desktop. */
export interface Clipboard {
  /** Errors: `command/clipboard`. */
  readonly read: () => Promise<Result<string, CliError>>;
  /** Errors: `command/clipboard`. */
  readonly write: (text: string) => ReturnType<typeof writeClipboard>;
}

/** The parts that the commands work with. */
export interface ClipboardParts {
  readonly node: Pick<NodeHandle, 'history'>;
  readonly printer: Printer;
  readonly screen: Pick<Screen, 'paste'>;
  readonly sending: Pick<Sending, 'send'>;
  readonly clipboard: Clipboard;
}

/** Runs the commands about the clipboard. */
export class ClipboardCommands {
  readonly #parts: ClipboardParts;

  constructor(parts: ClipboardParts) {
    this.#parts = parts;
  }

  run(name: ClipboardCommandName, argument: string, open: Open | null): Promise<void> {
    switch (name) {
      case 'copy':
        return this.#copy(argument, open);
      case 'paste':
        return this.#paste(argument, open);
      default:
        return name satisfies never;
    }
  }

  /** Copies a message of the open conversation: the last received one, or the one that the argument names. */
  async #copy(argument: string, open: Open | null): Promise<void> {
    const { node, printer, clipboard } = this.#parts;
    if (open === null) return printer.warn(catalogue().prompt.noConversation);
    const word = argument === '' ? '@1' : argument.replace(/^#/, '');
    const found = await messageNamed(node, { word, peer: open.row?.id ?? open.word });
    if ('code' in found) return printer.fail(found);
    const written = await clipboard.write(found.text);
    if (written.isErr()) return printer.fail(written.error);
    printer.note(
      written.value === 'program' ? catalogue().commands.copied : catalogue().commands.terminalAsked,
    );
  }

  /** Puts the text of the clipboard into the input line, where the user sees it before it goes out. */
  async #paste(argument: string, open: Open | null): Promise<void> {
    const { printer, screen, sending, clipboard } = this.#parts;
    if (argument !== '') return printer.warn(catalogue().prompt.pasteTakesNone);
    const read = await clipboard.read();
    if (read.isErr()) return printer.fail(read.error);
    if (screen.paste !== undefined) return screen.paste(read.value);
    return sending.send(read.value, open);
  }
}
