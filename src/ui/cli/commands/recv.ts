/** `parlance recv`: prints messages as they arrive. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { escapeForTerminal, type MessageEvent, type NodeError, type NodeHandle } from '../../../index.js';
import { controlApi } from '../../api/limits.js';
import type { Attachment } from '../attach.js';
import type { CliError } from '../errors.js';
import { runProgram } from '../notify/run-program.js';
import { Naming } from '../screen/naming.js';
import { eventLine, messageLine } from '../screen/present.js';
import { EndReason, until, usage, withNodes, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of `recv`. */
export interface RecvOptions {
  /** Number of messages after which the command ends; `null`: it goes on. */
  readonly count: number | null;
  /** Peer whose messages are printed; `null`: all. */
  readonly from: string | null;
  /** `seq` or id of a message, after which the command begins. */
  readonly since: string | null;
  readonly timeoutMs: number | null;
  /** Whether printed messages count as read. */
  readonly isMarkingRead: boolean;
  /** A program with arguments, separated by blanks, that runs for each message; null: none. */
  readonly exec: string | null;
}

/** Prints messages as they arrive. Exit codes: 4 where `timeoutMs` passed before `count` messages came. */
export async function recv(context: RunContext, options: RecvOptions): Promise<ExitCode> {
  if (options.exec?.trim() === '')
    return context.output.failure(usage('recv', catalogue().commands.execNamesNone));
  const receiving: Receiving = {
    left: options.count ?? Number.POSITIVE_INFINITY,
    sinceSeq: undefined,
    isBegun: false,
    from: null,
    failed: null,
  };
  const exit = await withNodes(context, options.timeoutMs, (attachment, timedOut) =>
    follow(context, options, attachment, receiving, timedOut),
  );
  // Each failed run is on stderr already.
  return exit === 0 && receiving.failed !== null ? context.output.failure(receiving.failed) : exit;
}

/** The progress of the command over several nodes. */
interface Receiving {
  /** Number of messages to print. */
  left: number;
  /** Newest `seq` that was read, or the one of `--since`. */
  sinceSeq: number | undefined;
  /** Whether the first node was ready. */
  isBegun: boolean;
  /** Id of the peer of `--from`; null: no peer has that name yet. */
  from: string | null;
  /** The first failure of the program of `--exec`. */
  failed: CliError | null;
}

async function follow(
  { output, stopped, world }: RunContext,
  options: RecvOptions,
  { node }: Attachment,
  receiving: Receiving,
  timedOut: AbortSignal,
): Promise<ExitCode | 'again'> {
  if (!receiving.isBegun && options.since !== null) {
    const since = await seqOf(node, options.since);
    if (since.isErr()) return output.failure(since.error);
    const sinceSeq = since.value;
    if (sinceSeq === null) {
      return output.failure(usage('recv', catalogue().commands.sinceUnknown(options.since)));
    }
    const newest = (await node.history({ limit: 1 })).map((lines) => lines.at(-1)?.seq ?? 0);
    if (newest.isErr()) return output.failure(newest.error);
    if (sinceSeq > newest.value) {
      const detail = catalogue().commands.sinceBeyond(options.since, newest.value);
      return output.failure(usage('recv', detail));
    }
    receiving.sinceSeq = sinceSeq;
  }
  const { sinceSeq } = receiving;
  const naming = new Naming();
  const endReason = new EndReason();
  const signal = AbortSignal.any([stopped, timedOut]);
  for await (const event of until(node.events(sinceSeq === undefined ? {} : { sinceSeq }), signal)) {
    if (event.type === 'bye') break;
    endReason.read(event);
    if (event.type === 'ready' && output.isJson && !receiving.isBegun) await output.result(event, null);
    else if (event.type === 'error' && event.code === 'api/lost')
      output.note(catalogue().commands.anotherTakesOver);
    else if (event.type === 'ready' || event.type === 'error')
      output.note(eventLine(event, output.colors) ?? '');
    if (event.type === 'peer') naming.set(event);
    if (event.type === 'ready') {
      for (const row of (await node.peers()).unwrapOr([])) naming.set(row);
      receiving.isBegun = true;
      // A later node goes on behind what was stored by now, also where no message was printed yet.
      receiving.sinceSeq ??= (await node.history({ limit: 1 })).unwrapOr([]).at(-1)?.seq ?? 0;
      const known = options.from === null ? null : await lookUp(node, receiving, options.from);
      if (known?.isErr() === true) return output.failure(known.error);
    }
    if (event.type !== 'message') continue;
    receiving.sinceSeq = Math.max(event.seq, receiving.sinceSeq ?? 0);
    if (event.direction === 'out') continue;
    const isWanted = await isFrom(node, receiving, options.from, event);
    if (isWanted.isErr()) return output.failure(isWanted.error);
    if (!isWanted.value) continue;
    await output.result(event, messageLine(event, output.colors, naming));
    const reason = options.exec === null ? null : await execute(options.exec, event, world.env, stopped);
    if (reason !== null) {
      receiving.failed ??= { code: 'command/exec', command: options.exec ?? '', reason };
      output.note(catalogue().commands.messageTrouble(event.seq, escapeForTerminal(reason)));
    } else if (options.isMarkingRead && (await output.written()))
      await node.markRead(event.peerId, event.seq);
    receiving.left -= 1;
    if (receiving.left <= 0) return 0;
  }
  // A signal is the regular end of following, and an early end of a count.
  if (stopped.aborted) return options.count === null ? 0 : output.failure({ code: 'command/stopped' });
  if (timedOut.aborted) {
    const waitedMs = options.timeoutMs ?? 0;
    return output.failure({ code: 'command/timeout', what: catalogue().commands.noMoreCame, waitedMs });
  }
  const fault = endReason.fault();
  return fault === null ? 'again' : output.failure(fault);
}

/** Runs the program of `--exec` for a message. Returns null, or the reason why it failed. */
function execute(
  command: string,
  message: MessageEvent,
  env: RunContext['world']['env'],
  signal: AbortSignal,
): Promise<string | null> {
  const [file = '', ...args] = command.trim().split(/\s+/u);
  const input = `${JSON.stringify(message)}\n`;
  return runProgram({ file, args, input, env, output: 'stderr', leavesChildren: true, signal });
}

/**
 * Decides whether a message is from the peer of `--from`. The word is looked up again for each message, as `send` does,
 * since a peer may be named before it is known. A peer that has the name from the beginning keeps it when another peer
 * takes it, too. Errors: `chat/ambiguous-peer`.
 */
async function isFrom(
  node: NodeHandle,
  receiving: Receiving,
  word: string | null,
  message: MessageEvent,
): Promise<Result<boolean, NodeError>> {
  if (word === null || word === message.peerId) return ok(true);
  const isKnown = await lookUp(node, receiving, word);
  // The name in the message counts only while no known peer has it: a peer of an older program can take any name.
  return isKnown.map((known) => (known ? receiving.from === message.peerId : word === message.peer));
}

/** Looks up the word and keeps the id of its peer; false: no peer has that name. Errors: `chat/ambiguous-peer`. */
async function lookUp(
  node: NodeHandle,
  receiving: Receiving,
  word: string,
): Promise<Result<boolean, NodeError>> {
  const found = await node.find(word);
  if (found.isOk()) receiving.from = found.value.id;
  else if (found.error.code === 'chat/unknown-peer') return ok(false);
  else if (found.error.code === 'chat/ambiguous-peer' && receiving.from === null) return err(found.error);
  return ok(true);
}

/** Returns the `seq` of `word`; `null` when it is neither a number nor the id of a stored message. Errors: of the history. */
async function seqOf(node: NodeHandle, word: string): Promise<Result<number | null, NodeError>> {
  if (/^\d{1,15}$/.test(word)) return ok(Number(word));
  if (!/^[0-9a-f-]{36}$/i.test(word)) return ok(null);
  let beforeSeq: number | undefined;
  for (;;) {
    const page = await node.history({
      limit: controlApi.historyLimitMax,
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
    });
    if (page.isErr()) return err(page.error);
    const found = page.value.find((line) => line.id === word.toLowerCase());
    if (found !== undefined) return ok(found.seq);
    const [oldest] = page.value;
    if (oldest === undefined || oldest.seq <= 1) return ok(null);
    beforeSeq = oldest.seq;
  }
}
