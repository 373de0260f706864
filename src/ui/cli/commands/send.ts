/** `parlance send`: sends one message or each line of stdin, and reports the outcome. */
import { catalogue } from '../../text/catalogue.js';
import { ResultAsync, type Result } from 'neverthrow';
import { unreachable } from '../../../exhaustive.js';
import { escapeName, newMessageId, type NodeError, type StatusEvent } from '../../../index.js';
import type { CliError } from '../errors.js';
import { cli } from '../limits.js';
import { text as textLimits } from '../../../node/limits.js';
import { sendLines, type NamedLine } from '../../api/send-lines.js';
import type { Attachment } from '../attach.js';
import { Deliveries, refusalOf, type End } from './deliveries.js';
import { inputLines, troubleOf } from './input-lines.js';
import { cannotTell, marksProblem, type SendWait } from './sending/read-marks.js';
import { accountOf, maybeTaken } from './sending/account.js';
import { settingsOfEnv, toyGroupOf } from '../options/settings.js';
import { nearestPeer } from '../options/suggestion.js';
import { peerLabel, renamedRemark } from '../screen/naming.js';
import { statusLine } from '../screen/present.js';
import { untilKnown, usage, withNodes, type RunContext } from '../run.js';
import {
  cmp2204OptionsOf,
  misplaced,
  type Cmp2204Options,
  type Cmp2204Flags,
} from '../options/cmp2204-flags.js';
import { wordingOf, type ExitCode } from '../screen/wording.js';

/** Arguments of `send`. */
export interface SendOptions {
  readonly peer: string;
  /** `null`: each line of stdin is a message. */
  readonly text: string | null;
  readonly wait: SendWait;
  readonly timeoutMs: number;
  /** The message that the text answers, as it was typed; null: none. */
  readonly replyTo?: string | null;
  /** Flags for cmp2204. */
  readonly cmp2204: Cmp2204Flags;
}

/** Sends messages and waits for the wanted state. Exit codes: 4 where a message did not reach it in time. */
export async function send(context: RunContext, options: SendOptions): Promise<ExitCode> {
  const { output } = context;
  if (options.peer.trim() === '') return output.failure(usage('send', catalogue().commands.noPeerGiven));
  const problem = options.text === null ? null : problemOf(options.text);
  if (problem !== null) return output.failure(problem);
  const env = settingsOfEnv(context.world.env);
  const prime = env.isOk() ? toyGroupOf(env.value)?.p : undefined;
  const cmp2204 = cmp2204OptionsOf(options.cmp2204, options.peer, prime);
  if (cmp2204.isErr()) return output.failure(cmp2204.error);
  let sending: Sending | null = null;
  // The messages are safe in the outbox of the home when its node ends.
  return withNodes(context, null, async (attachment) => {
    sending =
      sending === null
        ? new Sending(context, options, cmp2204.value, attachment)
        : await sending.continueOn(attachment);
    return sending.run();
  });
}

function problemOf(text: string): CliError | null {
  const gotBytes = Buffer.byteLength(text);
  if (gotBytes === 0) return { code: 'chat/text-empty' };
  if (gotBytes <= textLimits.messageBytesMax) return null;
  return { code: 'chat/text-too-long', limitBytes: textLimits.messageBytesMax, gotBytes };
}

/** The command on one node. */
class Sending {
  readonly #context: RunContext;
  readonly #options: SendOptions;
  readonly #cmp2204: Cmp2204Options | null;
  readonly #attachment: Attachment;
  #deliveries: Deliveries;
  #isSent = false;
  /** The first line of the input that was left out while the others were sent. */
  #leftOut: CliError | null = null;
  readonly #over = new AbortController();
  /** Name of the peer as the node gives it. */
  #peer: string;
  /** Label of the peer, with its tag where the name is shared; null: not known. */
  #label: string | null = null;
  #queued = 0;
  #newest: StatusEvent | null = null;
  #queuedMs = performance.now();

  constructor(
    context: RunContext,
    options: SendOptions,
    cmp2204: Cmp2204Options | null,
    attachment: Attachment,
  ) {
    this.#context = context;
    this.#options = options;
    this.#cmp2204 = cmp2204;
    this.#attachment = attachment;
    this.#peer = options.peer;
    this.#deliveries = new Deliveries({
      node: attachment.node,
      wait: options.wait,
      onStatus: (status) => this.#onStatus(status),
      onRead: async (read) => {
        if (this.#context.output.isJson) await this.#context.output.result(read, null);
      },
      signal: this.#over.signal,
    });
  }

  /** Follows the messages on another node of the home. */
  async continueOn(attachment: Attachment): Promise<Sending> {
    const next = new Sending(this.#context, this.#options, this.#cmp2204, attachment);
    next.#deliveries = await this.#deliveries.continueOn(attachment.node);
    next.#isSent = true;
    next.#leftOut = this.#leftOut;
    next.#peer = this.#peer;
    next.#label = this.#label;
    next.#queued = this.#queued;
    next.#newest = this.#newest;
    next.#queuedMs = this.#queuedMs;
    return next;
  }

  async run(): Promise<ExitCode | 'again'> {
    try {
      if (!this.#isSent) {
        const problem = await this.#marksProblem();
        if (problem !== null) return await this.#context.output.failure(problem);
        if (this.#options.wait !== 'queued') await this.#deliveries.begin();
        const failed = await this.#sendAll();
        if (failed !== null) {
          if (failed.error.code === 'chat/unknown-peer') await this.#suggest();
          return await this.#fail(this.#explained(failed.error), failed.unsent);
        }
        this.#isSent = true;
        // A signal ended the input early: the lines that were read are queued, the rest was not read.
        const isCutShort = this.#options.text === null && this.#context.stopped.aborted;
        if (isCutShort) return await this.#fail({ code: 'command/stopped' }, 0);
      }
      const finished = await this.#finish();
      // The other lines arrived. The failure of the command is that one line did not leave.
      if (finished === 'again' || this.#leftOut === null) return finished;
      const leftOut = await this.#context.output.failure(this.#leftOut);
      return finished === 0 ? leftOut : finished;
    } finally {
      this.#over.abort();
    }
  }

  /** Returns why the peer cannot tell that it reads a message; null where that is not waited for. */
  async #marksProblem(): Promise<CliError | null> {
    const { peer, wait } = this.#options;
    if (wait !== 'read') return null;
    return marksProblem(peer, () => this.#untilKnown(() => this.#attachment.node.contact(peer)));
  }

  #sendAll(): Promise<SendFailure | null> {
    return this.#options.text === null ? this.#sendStdin() : this.#sendOne(this.#options.text);
  }

  async #sendOne(text: string): Promise<SendFailure | null> {
    const line = { id: newMessageId(), text };
    const sent = await this.#untilKnown(() => this.#hand([line]));
    if (sent.isErr()) return { error: sent.error, unsent: 1 };
    await this.#onQueued(sent.value);
    return null;
  }

  /** Hands lines to the node, which queues all or none. Flags for cmp2204 apply to one message. */
  async #hand(lines: readonly NamedLine[]): Promise<Result<readonly StatusEvent[], NodeError>> {
    const { node } = this.#attachment;
    const { peer } = this.#options;
    const cmp2204 = this.#cmp2204;
    const ids = lines.map(({ id }) => id);
    const texts = lines.map(({ text }) => text);
    this.#deliveries.sending(ids);
    const [id = ''] = ids;
    const [text = ''] = texts;
    const { replyTo = null } = this.#options;
    const sent = await (replyTo !== null
      ? node.operate(replyTo, { do: 'reply', text, id }, { peer }).map((one) => [one])
      : cmp2204 === null
        ? node.sendAll(peer, texts, { ids })
        : node.sendVia(peer, text, cmp2204.via, { id }).map((one) => [one]));
    if (sent.isErr()) this.#deliveries.refused(ids);
    return sent;
  }

  /** Names the known peer that a mistyped word may mean. */
  async #suggest(): Promise<void> {
    const rows = (await this.#attachment.node.peers()).unwrapOr([]);
    const near = nearestPeer(this.#options.peer, rows);
    if (near !== null) this.#context.output.note(catalogue().commands.meantPeer(escapeName(near)));
  }

  /** Learns the label of the peer, and says so where it was named by a former name. */
  async #meet(): Promise<void> {
    const found = await this.#attachment.node.find(this.#options.peer);
    if (found.isErr()) return;
    this.#label = peerLabel(found.value);
    const remark = renamedRemark(this.#options.peer, found.value);
    if (remark !== null) this.#context.output.note(remark);
  }

  /** Turns a flag for another dialect into wrong usage: only the node knows the dialect of a name. */
  #explained(error: CliError): CliError {
    const isMisplaced = error.code === 'dialect/unsupported' && error.dialect !== 'cmp2204';
    return isMisplaced && this.#cmp2204 !== null
      ? misplaced(this.#cmp2204.flag, this.#options.peer, error.dialect)
      : error;
  }

  async #sendStdin(): Promise<SendFailure | null> {
    const { world, output } = this.#context;
    if (world.stdin.isTTY === true) output.note(catalogue().commands.eachLine);
    const trouble: { error: CliError | null } = { error: null };
    const sent = await sendLines({
      send: (lines) => new ResultAsync(this.#hand(lines)),
      lines: this.#linesOfStdin((error) => {
        if (error.code === 'command/input' && error.isRestSent) this.#leftOut ??= error;
        else trouble.error ??= error;
      }),
      onQueued: (statuses) => this.#onQueued(statuses),
      untilRoom: (delayMs) => this.#deliveries.moved(delayMs),
      isOver: (blockedMs) => blockedMs >= this.#options.timeoutMs || this.#context.stopped.aborted,
      nowMs: () => performance.now(),
    });
    if (sent.isErr()) {
      const { error, unsent } = sent.error;
      return { error: error.code === 'chat/outbox-full' ? this.#notDelivered(unsent) : error, unsent };
    }
    return trouble.error === null ? null : { error: trouble.error, unsent: 0 };
  }

  /** Reads lines up to the first that exceeds a message, and leaves out those that are not UTF-8. */
  async *#linesOfStdin(
    onTrouble: (error: CliError) => void,
  ): AsyncGenerator<readonly NamedLine[], void, undefined> {
    const { stdin } = this.#context.world;
    const { stopped } = this.#context;
    stopped.addEventListener('abort', () => stdin.destroy(), { once: true });
    const limits = { lineBytesMax: textLimits.messageBytesMax, heldBytesMax: cli.stdinLineBytesMax };
    let isFirst = true;
    for await (const group of inputLines(stdin, limits)) {
      const good = group.flatMap((line): NamedLine[] =>
        line.type === 'line' ? [{ id: newMessageId(), text: line.text }] : [],
      );
      // An address of an older program needs no known peer.
      if (isFirst && good.length > 0 && !this.#options.peer.includes('://'))
        await this.#untilKnown(() => this.#attachment.node.safety(this.#options.peer));
      isFirst = false;
      // Flags for cmp2204 apply to single messages, so each batch has one line.
      if (this.#cmp2204 === null) yield good;
      else for (const line of good) yield [line];
      for (const line of group) {
        const trouble = stopped.aborted ? null : troubleOf(line);
        if (trouble !== null) onTrouble(trouble);
      }
    }
  }

  #untilKnown<T>(attempt: () => PromiseLike<Result<T, NodeError>>): Promise<Result<T, NodeError>> {
    return untilKnown(attempt, {
      ageMs: this.#attachment.ageMs,
      signal: this.#context.stopped,
      waitMaxMs: this.#options.timeoutMs,
    });
  }

  async #onQueued(statuses: readonly StatusEvent[]): Promise<void> {
    if (this.#queued === 0 && !this.#context.output.isJson) await this.#meet();
    if (this.#queued === 0 && this.#options.wait === 'delivered') await this.#settleForForeign(statuses[0]);
    this.#queued += statuses.length;
    this.#peer = statuses[0]?.peer ?? this.#peer;
    await this.#deliveries.queued(statuses);
    this.#queuedMs = performance.now();
  }

  /** Waits for `sent` alone where the program of the peer has no receipts. */
  async #settleForForeign(status: StatusEvent | undefined): Promise<void> {
    const rows = (await this.#attachment.node.peers()).unwrapOr([]);
    const named = rows.filter((row) => row.name === status?.peer).map((row) => row.dialect);
    const { peer } = this.#options;
    const isForeign = peer.includes('://') || (named.some(isForeignDialect) && !named.includes('native'));
    if (isForeign) this.#deliveries.settleForSent();
    const isCmp2204 = peer.startsWith('cmp2204://') || (isForeign && named.includes('cmp2204'));
    const warning = catalogue().commands.weakWarning;
    if (isCmp2204 && this.#cmp2204?.via.isPlain !== true) this.#context.output.note(warning);
  }

  async #finish(): Promise<ExitCode | 'again'> {
    const { output, stopped } = this.#context;
    for (;;) {
      const leftMs = this.#queuedMs + this.#options.timeoutMs - performance.now();
      const end = await this.#deliveries.settled(Math.max(0, Math.min(leftMs, cli.pollMs)));
      if (end !== null) return this.#report(end);
      if (stopped.aborted) return this.#fail({ code: 'command/stopped' }, null);
      const isUnread = this.#options.wait === 'read' && this.#deliveries.isAllDelivered;
      if (isUnread && (await cannotTell(this.#attachment.node, this.#options.peer)))
        return output.failure(this.#notRead('unable'));
      if (leftMs <= 0) return output.failure(isUnread ? this.#notRead('open') : this.#notDelivered(0));
    }
  }

  async #report(end: End): Promise<ExitCode | 'again'> {
    const { output } = this.#context;
    switch (end.type) {
      case 'all':
        if (!output.isJson) await this.#summary();
        return 0;
      case 'failed':
        return output.failure({
          code: 'command/failed',
          peer: this.#peer,
          reason: end.status.reason ?? catalogue().commands.noReason,
        });
      case 'unread':
        return output.failure(this.#notRead('gone'));
      case 'refused':
        return output.failure(refusalOf(end.event, this.#peer));
      case 'lost':
        if (!this.#context.stopped.aborted) return 'again';
        return this.#fail({ code: 'api/lost', detail: catalogue().commands.endedBefore }, null);
      default:
        return unreachable(end);
    }
  }

  async #summary(): Promise<void> {
    const { output } = this.#context;
    const isRead = this.#options.wait === 'read';
    if (isRead && this.#options.text !== null)
      await output.results([], [`read → ${this.#label ?? escapeName(this.#peer)}`]);
    else if (this.#newest !== null && this.#options.text !== null)
      await output.result(this.#newest, statusLine(this.#newest, output.colors, this.#label ?? undefined));
    else {
      const line = `${this.#queued} ${isRead ? 'read' : (this.#newest?.state ?? 'sent')} → ${this.#label ?? escapeName(this.#peer)}`;
      if (this.#queued > 0) await output.results([], [line]);
    }
  }

  async #onStatus(status: StatusEvent): Promise<void> {
    this.#newest = status;
    const { output } = this.#context;
    if (output.isJson) await output.result(status, null);
  }

  /** Reports the failure and the outcome of the lines that were read. `unsent`: as in `Account`. */
  #fail(error: CliError, unsent: number | null): Promise<ExitCode> {
    const account = accountOf({
      taken: this.#queued,
      pending: this.#deliveries.pending,
      reached: this.#deliveries.wanted,
      isOne: this.#options.text !== null,
      unsent,
      isUnsure: maybeTaken.has(error.code),
    });
    const { output } = this.#context;
    // The wording of this code counts the messages itself.
    if (account === null || error.code === 'command/not-delivered') return output.failure(error);
    // The remedy of a node that is gone adds nothing to the account. Another remedy names the cause.
    const isGone = error.code !== 'command/input' && /^(api|runtime|command)\//.test(error.code);
    return output.failure(error, isGone ? account : `${wordingOf(error).remedy}; ${account}`);
  }

  #notRead(why: 'open' | 'unable' | 'gone'): CliError {
    return { code: 'command/not-read', peer: this.#peer, waitedMs: this.#options.timeoutMs, why };
  }

  #notDelivered(unsent: number): CliError {
    return {
      code: 'command/not-delivered',
      isForeign: !this.#deliveries.hasReceipts,
      peer: this.#peer,
      waitedMs: this.#options.timeoutMs,
      queued: this.#deliveries.pending,
      unsent,
    };
  }
}

interface SendFailure {
  readonly error: CliError;
  /** Number of messages in the failed call. */
  readonly unsent: number;
}

const isForeignDialect = (dialect: string): boolean => dialect !== 'native';
