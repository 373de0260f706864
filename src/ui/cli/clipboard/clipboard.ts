/** The clipboard of the desktop, read and written only when the user asks for it. */
import { catalogue } from '../../text/catalogue.js';
import { execFile } from 'node:child_process';
import { err, ok, type Result } from 'neverthrow';
import { errnoOf, reasonOf } from '../../../system-errors.js';
import type { CliError } from '../errors.js';
import { runProgram } from '../notify/run-program.js';
import type { World } from '../world.js';
import { clipboard as limits } from './limits.js';
import { readersFor, writersFor, type ClipboardProgram } from './programs.js';

type ClipboardError = Extract<CliError, { readonly code: 'command/clipboard' }>;

/** Reads the text on the clipboard. Errors: `command/clipboard` (no program, no text, or it is not UTF-8). */
export async function readClipboard({ env }: Pick<World, 'env'>): Promise<Result<string, ClipboardError>> {
  const programs = readersFor(process.platform, env);
  const reasons: string[] = [];
  for (const program of programs) {
    const read = await outputOf(program, env);
    if (typeof read !== 'string') return textOf(read);
    reasons.push(`${program.file}: ${read}`);
  }
  return failed('read', reasons);
}

/**
 * Puts a text on the clipboard. Where no program can, a terminal is asked to, which gives no answer. Errors:
 * `command/clipboard`.
 */
export async function writeClipboard(
  { env, stdout }: Pick<World, 'env' | 'stdout'>,
  text: string,
): Promise<Result<'program' | 'terminal', ClipboardError>> {
  const reasons: string[] = [];
  for (const { file, args } of writersFor(process.platform, env)) {
    // Some of these programs leave a child that serves the text.
    const problem = await runProgram({
      file,
      args,
      input: text,
      env,
      output: 'dropped',
      runMs: limits.programMs,
      leavesChildren: true,
    });
    if (problem === null) return ok('program');
    reasons.push(`${file}: ${problem}`);
  }
  const encoded = Buffer.from(text).toString('base64');
  if (stdout.isTTY !== true || encoded.length > limits.terminalCharsMax) return failed('write', reasons);
  stdout.write(`\u001B]52;c;${encoded}\u0007`);
  return ok('terminal');
}

/** Returns the output of a program, or the reason why there is none. */
function outputOf({ file, args }: ClipboardProgram, env: World['env']): Promise<Buffer | string> {
  const options = {
    encoding: 'buffer',
    env: { ...env },
    timeout: limits.programMs,
    maxBuffer: limits.readBytesMax,
    windowsHide: true,
  } as const;
  return new Promise((resolve) => {
    const child = execFile(file, [...args], options, (cause, stdout) => {
      if (cause === null) resolve(stdout);
      else resolve(errnoOf(cause) === 'ENOENT' ? catalogue().commands.notInstalled : reasonOf(cause));
    });
    child.stdin?.end();
  });
}

/** A copied line mostly ends with a line end, which the message leaves out. */
function textOf(bytes: Buffer): Result<string, ClipboardError> {
  if (bytes.byteLength === 0) return failed('read', [catalogue().commands.holdsNoText]);
  try {
    return ok(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n').replace(/\n$/, ''),
    );
  } catch {
    return failed('read', [catalogue().commands.notUtf8]);
  }
}

const failed = (what: 'read' | 'write', reasons: readonly string[]): Result<never, ClipboardError> =>
  err({ code: 'command/clipboard', what, reason: reasons.join(', ') });
