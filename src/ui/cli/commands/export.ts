/** The export of a transcript to a file of mode 0600: the line format of the oldest program, JSON or CSV. */
import { catalogue } from '../../text/catalogue.js';
import { errnoOf, reasonOf } from '../../../system-errors.js';
import { err, ok, type Result } from 'neverthrow';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, renameSync, writeSync } from 'node:fs';
import type { MessageEvent, NodeError } from '../../../index.js';
import type { CliError } from '../errors.js';
import { exportFormat, type ExportFormat, type ExportFormatName } from './export-format.js';

/** Arguments of `export`. */
export interface ExportOptions {
  /** Whether a file that exists is replaced. */
  readonly isForced: boolean;
  /** Whether CSV begins with a byte order mark. */
  readonly hasBom?: boolean;
  /** Address at which a peer was last proved to be, for the old line format; may be empty. */
  readonly addressOf: (peerId: string) => string;
  /** Ends the export, which leaves no file then. */
  readonly stopped?: AbortSignal;
  /** Called after each page with the `seq` that is written. */
  readonly onPage?: (seq: number) => void;
}

/**
 * Writes the file and returns the number of messages. With `options.isForced` it replaces a file that exists, once the
 * new one is complete. Errors: `command/file`, and those of reading the history.
 */
export async function exportTo(
  file: string,
  format: ExportFormatName,
  pages: AsyncIterable<Page>,
  options: ExportOptions,
): Promise<Result<number, CliError>> {
  const writer = await exportFormat(format, options.addressOf, options.hasBom);
  // A random name, since a symbolic link under a predictable one would redirect the export.
  const target = options.isForced ? `${file}.${randomBytes(8).toString('hex')}.new` : file;
  const descriptor = opened(target);
  if (descriptor.isErr()) return err({ code: 'command/file', file, reason: descriptor.error });
  const written = await write(descriptor.value, file, writer, pages, options);
  if (written.isOk() && !options.isForced) return written;
  try {
    if (written.isOk()) renameSync(target, file);
    else rmSync(target, { force: true });
    return written;
  } catch (cause) {
    rmSync(target, { force: true });
    return err({ code: 'command/file', file, reason: reasonOf(cause) });
  }
}

/** Writes the whole text: the system may take a part of it at a time. */
function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

async function write(
  descriptor: number,
  file: string,
  format: ExportFormat,
  pages: AsyncIterable<Page>,
  { stopped, onPage }: Pick<ExportOptions, 'stopped' | 'onPage'>,
): Promise<Result<number, CliError>> {
  let messages = 0;
  try {
    writeWhole(descriptor, format.head);
    for await (const page of pages) {
      if (stopped?.aborted === true) return err({ code: 'command/stopped' });
      if (page.isErr()) return err(page.error);
      writeWhole(
        descriptor,
        page.value.map((message, index) => format.entry(message, messages + index)).join(''),
      );
      messages += page.value.length;
      const last = page.value.at(-1);
      if (last !== undefined) onPage?.(last.seq);
    }
    writeWhole(descriptor, format.tail);
    fsyncSync(descriptor);
    return ok(messages);
  } catch (cause) {
    return err({ code: 'command/file', file, reason: reasonOf(cause) });
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): Result<number, string> {
  try {
    return ok(openSync(file, 'wx', 0o600));
  } catch (cause) {
    return err(errnoOf(cause) === 'EEXIST' ? catalogue().commands.fileExistsForce : reasonOf(cause));
  }
}

/** One page of messages, or the failure to read it. */
export type Page = Result<readonly MessageEvent[], NodeError>;
