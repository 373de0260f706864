#!/usr/bin/env node
/** The program `parlance`: runs a command in the real world and exits with its code. */
import { catalogue } from '../text/catalogue.js';
import { createReadStream, fstatSync } from 'node:fs';
import { userInfo } from 'node:os';
import { ResultAsync, type Result } from 'neverthrow';
import { cli } from './limits.js';
import { run } from './program.js';
import { afterUsable } from './run.js';
import { isOutOfFiles, outOfFiles } from './screen/out-of-files.js';
import { lineOf, wordingOf, type ExitCode } from './screen/wording.js';
import { isFile, wholeWrites } from './screen/whole-writes.js';
import type { World } from './world.js';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `use` on code that is loaded now: help and wrong command lines need no node. */
const loaded = <Code, T, E>(
  code: Promise<Code>,
  use: (code: Code) => PromiseLike<Result<T, E>>,
): ResultAsync<T, E> => new ResultAsync(code.then(use));

/** Whether the descriptor is a directory. Node makes an empty input of it; reading it is to fail. */
function isDirectory(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Lets the prompt read the size of its terminal right before it draws: between the change and its signal, the input line
 * would be drawn for the old size. The method of Node is not documented, so it may be absent.
 */
function refreshing(stream: NodeJS.WriteStream): World['stdout'] {
  const refresh: unknown = Reflect.get(stream, '_refreshSize');
  if (typeof refresh !== 'function') return stream;
  return Object.assign(stream, { refreshSize: () => void Reflect.apply(refresh, stream, []) });
}

const world: World = {
  env: process.env,
  stdin: isDirectory(0) ? createReadStream('', { fd: 0, autoClose: false }) : process.stdin,
  stdout: isFile(process.stdout.fd) ? wholeWrites(process.stdout.fd) : refreshing(process.stdout),
  stderr: process.stderr,
  userName: () => {
    try {
      return userInfo().username;
    } catch {
      // A container may run under a user id without a name.
      return 'me';
    }
  },
  startNode: (options) => loaded(import('../api/attach.js'), (code) => code.startOwnNode(options)),
  launchNode: (task) => loaded(import('../api/launch.js'), (code) => code.launchNode(task)),
  restNode: (options) => loaded(import('../api/attach.js'), (code) => code.openRestingNode(options)),
  listenToPeers: (...given) => loaded(import('../api/attach.js'), (code) => code.listenToPeers(...given)),
  connectNode: (home) => loaded(import('../api/client.js'), (code) => code.connectNode(home)),
  diagnose: async (options) => (await import('../api/doctor.js')).diagnose(options),
  onSignal: (listener) => {
    const onSignal = (): void => {
      // A signal ends the program even if something hangs.
      afterUsable(cli.shutdownMs, () => process.exit(process.exitCode ?? 0));
      listener();
    };
    for (const signal of endSignals) process.on(signal, onSignal);
    return () => {
      for (const signal of endSignals) process.off(signal, onSignal);
    };
  },
  ...(process.platform === 'win32'
    ? {}
    : {
        suspend: (resumed: () => void) => {
          process.once('SIGCONT', resumed);
          process.kill(process.pid, 'SIGTSTP');
        },
      }),
  nowMs: () => Date.now(),
};

/** Prints a bug in one line like every failure; with its trace when `PARLANCE_TRACE` is set. */
function unexpected(cause: unknown): ExitCode {
  const text = cause instanceof Error ? cause.message : String(cause);
  const trace =
    process.env['PARLANCE_TRACE'] !== undefined && cause instanceof Error ? `\n${cause.stack}` : '';
  if (isOutOfFiles(cause)) {
    process.stderr.write(`parlance: ${lineOf(wordingOf(outOfFiles))}\n`);
    return 1;
  }
  const line = lineOf({
    what: catalogue().commands.unexpected,
    why: text,
    remedy: catalogue().commands.reportBug,
    exit: 1,
  });
  process.stderr.write(`parlance: ${line}${trace}\n`);
  return 1;
}

// A bug outside the command, as in a thread that the system refuses, is one line, too.
process.on('uncaughtException', (cause) => process.exit(unexpected(cause)));
// A command that nothing can end any more must not pass for a success.
process.once('beforeExit', () => process.exit(unexpected(new Error(catalogue().commands.noResult))));
// The exit is explicit: a worker or a socket that ends slowly must not hold the shell.
void run(process.argv.slice(2), world)
  .catch(unexpected)
  .then((code) => process.exit(code));
