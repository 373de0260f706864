/** `parlance send`: one message, or each line of stdin, and what became of it. */
import { ResultAsync, type Result } from 'neverthrow';
import { unreachable } from '../../../exhaustive.js';
import {
  escapeName,
  newMessageId,
  type NodeError,
  type ParlanceError,
  type StatusEvent,
  type WaitFor,
} from '../../../index.js';
import { cli } from '../limits.js';
import { text as textLimits } from '../../../node/limits.js';
import { LineTooLongError, splitLines } from '../../api/ndjson.js';
import { sendLines, type NamedLine } from '../../api/send-lines.js';
import type { Attachment } from '../attach.js';
import { Deliveries, type End } from './deliveries.js';
import { settingsOfEnv, toyGroupOf } from '../options/settings.js';
import { statusLine } from '../screen/present.js';
import { pause, usage, withNode, type RunContext } from '../run.js';
import { mannerOf, misplaced, type Manner, type MannerFlags } from '../options/send-manner.js';
import { wordingOf, type ExitCode } from '../screen/wording.js';

export interface SendOptions {
  readonly peer: string;
  /** `null`: each line of stdin is a message. */
  readonly text: string | null;
  readonly wait: WaitFor;
  readonly timeoutMs: number;
  /** How cmp2204 is to be spoken. */
  readonly manner: MannerFlags;
}

export async function send(context: RunContext, options: SendOptions): Promise<ExitCode> {
  const { output } = context;
  if (options.peer.trim() === '') return output.failure(usage('send', 'no peer given'));
  const problem = options.text === null ? null : problemOf(options.text);
  if (problem !== null) return output.failure(problem);
  const env = settingsOfEnv(context.world.env);
  const prime = env.isOk() ? toyGroupOf(env.value)?.p : undefined;
  const manner = mannerOf(options.manner, options.peer, prime);
  if (manner.isErr()) return output.failure(manner.error);
  let sending: Sending | null = null;
  for (;;) {
    const outcome = await withNode(context, async (attachment) => {
      sending =
        sending === null
          ? new Sending(context, options, manner.value, attachment)
          : await sending.continueOn(attachment);
      return sending.run();
    });
    // The node was another command's and has ended with it; the messages are safe in the outbox of the home.
    if (outcome !== 'again') return outcome;
  }
}

function problemOf(text: string): ParlanceError | null {
  const gotBytes = Buffer.byteLength(text);
  if (gotBytes === 0) return { code: 'chat/text-empty' };
  if (gotBytes <= textLimits.messageBytesMax) return null;
  return { code: 'chat/text-too-long', limitBytes: textLimits.messageBytesMax, gotBytes };
}

/** One run of the command on its node. */
class Sending {
  readonly #context: RunContext;
  readonly #options: SendOptions;
  readonly #manner: Manner | null;
  readonly #attachment: Attachment;
  #deliveries: Deliveries;
  #isSent = false;
  readonly #over = new AbortController();
  /** The peer's name as the node tells it. */
  #peer: string;
  #queued = 0;
  #newest: StatusEvent | null = null;
  #queuedMs = performance.now();

  constructor(context: RunContext, options: SendOptions, manner: Manner | null, attachment: Attachment) {
    this.#context = context;
    this.#options = options;
    this.#manner = manner;
    this.#attachment = attachment;
    this.#peer = options.peer;
    this.#deliveries = new Deliveries({
      node: attachment.node,
      wait: options.wait,
      onStatus: (status) => this.#onStatus(status),
      signal: this.#over.signal,
    });
  }

  /** The same messages, followed on another node of the home. */
  async continueOn(attachment: Attachment): Promise<Sending> {
    const next = new Sending(this.#context, this.#options, this.#manner, attachment);
    next.#deliveries = await this.#deliveries.continueOn(attachment.node);
    next.#isSent = true;
    next.#peer = this.#peer;
    next.#queued = this.#queued;
    next.#newest = this.#newest;
    next.#queuedMs = this.#queuedMs;
    return next;
  }

  async run(): Promise<ExitCode | 'again'> {
    try {
      if (!this.#isSent) {
        if (this.#options.wait !== 'queued') await this.#deliveries.begin();
        const failed = await this.#sendAll();
        if (failed !== null) return await this.#fail(this.#explained(failed.error), failed.unsent);
        this.#isSent = true;
        // The signal ended the input, not its writer: what was read went out, the rest was never taken.
        const isCutShort = this.#options.text === null && this.#context.stopped.aborted;
        if (isCutShort) return await this.#fail({ code: 'command/stopped' }, 0);
      }
      return await this.#finish();
    } finally {
      this.#over.abort();
    }
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

  /** Hands these to the node, which takes all or none. A manner of speaking goes with one message alone. */
  async #hand(lines: readonly NamedLine[]): Promise<Result<readonly StatusEvent[], NodeError>> {
    const { node } = this.#attachment;
    const { peer } = this.#options;
    const manner = this.#manner;
    const ids = lines.map(({ id }) => id);
    const texts = lines.map(({ text }) => text);
    this.#deliveries.sending(ids);
    const [id = ''] = ids;
    const [text = ''] = texts;
    const sent = await (manner === null
      ? node.sendAll(peer, texts, { ids })
      : node.sendVia(peer, text, manner.via, { id }).map((one) => [one]));
    if (sent.isErr()) this.#deliveries.refused(ids);
    return sent;
  }

  /** Which dialect a name is spoken to in, only the node knows: a flag of another one is wrong usage. */
  #explained(error: ParlanceError): ParlanceError {
    const isMisplaced = error.code === 'dialect/unsupported' && error.dialect !== 'cmp2204';
    return isMisplaced && this.#manner !== null
      ? misplaced(this.#manner.flag, this.#options.peer, error.dialect)
      : error;
  }

  async #sendStdin(): Promise<SendFailure | null> {
    const { world, output } = this.#context;
    if (world.stdin.isTTY === true) output.note('each line is a message; Ctrl-D ends');
    const tooLong: { error: ParlanceError | null } = { error: null };
    const sent = await sendLines({
      send: (lines) => new ResultAsync(this.#hand(lines)),
      lines: this.#linesOfStdin((error) => {
        tooLong.error = error;
      }),
      onQueued: (statuses) => this.#onQueued(statuses),
      untilRoom: (delayMs) => this.#deliveries.moved(delayMs),
      isOver: (blockedMs) => blockedMs >= this.#options.timeoutMs || this.#context.stopped.aborted,
      nowMs: () => performance.now(),
    });
    if (tooLong.error !== null) return { error: tooLong.error, unsent: 0 };
    if (sent.isOk()) return null;
    const { error, unsent } = sent.error;
    return { error: error.code === 'chat/outbox-full' ? this.#notDelivered(unsent) : error, unsent };
  }

  /** Lines that fit into a message. The first that does not ends the input; those before it still go out. */
  async *#linesOfStdin(
    onTooLong: (error: ParlanceError) => void,
  ): AsyncGenerator<readonly NamedLine[], void, undefined> {
    const { world, stopped } = this.#context;
    const chunks = world.stdin.setEncoding('utf8');
    stopped.addEventListener('abort', () => chunks.destroy(), { once: true });
    let isFirst = true;
    try {
      for await (const group of splitLines(chunks, cli.stdinLineBytesMax)) {
        const bad = group.findIndex((line) => Buffer.byteLength(line) > textLimits.messageBytesMax);
        const texts = bad < 0 ? group : group.slice(0, bad);
        const good = texts.map((text): NamedLine => ({ id: newMessageId(), text }));
        // An address of an older program needs nobody to be heard of first.
        if (isFirst && good.length > 0 && !this.#options.peer.includes('://'))
          await this.#untilKnown(() => this.#attachment.node.safety(this.#options.peer));
        isFirst = false;
        // A manner of speaking goes with each message alone, so batches are of one.
        if (this.#manner === null) yield good;
        else for (const line of good) yield [line];
        if (bad >= 0) {
          onTooLong(problemOf(group[bad] ?? '') ?? { code: 'chat/text-empty' });
          return;
        }
      }
    } catch (cause) {
      if (cause instanceof LineTooLongError) {
        onTooLong({
          code: 'chat/text-too-long',
          limitBytes: textLimits.messageBytesMax,
          gotBytes: cause.limitBytes,
        });
      } else if (!stopped.aborted) throw cause;
    }
  }

  /** A node that has just started has heard of nobody yet: an unknown peer gets a moment to answer its first beacon. */
  async #untilKnown<T>(attempt: () => PromiseLike<Result<T, NodeError>>): Promise<Result<T, NodeError>> {
    const startMs = performance.now();
    for (;;) {
      const result = await attempt();
      const isUnknown = result.isErr() && result.error.code === 'chat/unknown-peer';
      const isYoung = this.#attachment.ageMs() < cli.discoveryMs;
      const isInTime = performance.now() - startMs < this.#options.timeoutMs;
      if (!isUnknown || !isYoung || !isInTime || this.#context.stopped.aborted) return result;
      await pause(cli.pollMs, this.#context.stopped);
    }
  }

  async #onQueued(statuses: readonly StatusEvent[]): Promise<void> {
    if (this.#queued === 0 && this.#options.wait === 'delivered') await this.#lowerForForeign(statuses[0]);
    this.#queued += statuses.length;
    this.#peer = statuses[0]?.peer ?? this.#peer;
    await this.#deliveries.queued(statuses);
    this.#queuedMs = performance.now();
  }

  /** Older programs know no receipts: `sent` is the best their messages reach. */
  async #lowerForForeign(status: StatusEvent | undefined): Promise<void> {
    const rows = (await this.#attachment.node.peers()).unwrapOr([]);
    const named = rows.filter((row) => row.name === status?.peer).map((row) => row.dialect);
    const isForeign =
      this.#options.peer.includes('://') || (named.some(isOlder) && !named.includes('native'));
    if (isForeign) this.#deliveries.settleForSent();
    const isCmp2204 = this.#options.peer.startsWith('cmp2204://') || (isForeign && named.includes('cmp2204'));
    if (isCmp2204 && this.#manner?.via.isPlain !== true)
      this.#context.output.note('weakly encrypted: whoever listens can break the key exchange of cmp2204');
  }

  async #finish(): Promise<ExitCode | 'again'> {
    const { output, stopped } = this.#context;
    for (;;) {
      const leftMs = this.#queuedMs + this.#options.timeoutMs - performance.now();
      const end = await this.#deliveries.settled(Math.max(0, Math.min(leftMs, cli.pollMs)));
      if (end !== null) return this.#report(end);
      if (stopped.aborted) return this.#fail({ code: 'command/stopped' }, null);
      if (leftMs <= 0) return output.failure(this.#notDelivered(0));
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
          reason: end.status.reason ?? 'the node gave no reason',
        });
      case 'refused':
        return output.failure(
          end.event.code.endsWith('blocked')
            ? { code: 'chat/blocked', peer: this.#peer }
            : { code: 'chat/key-changed', peer: this.#peer },
        );
      case 'lost':
        if (!this.#attachment.isOwn && !this.#context.stopped.aborted) return 'again';
        return this.#fail({ code: 'api/lost', detail: 'it ended before the message was confirmed' }, null);
      default:
        return unreachable(end);
    }
  }

  async #summary(): Promise<void> {
    const { output } = this.#context;
    if (this.#newest !== null && this.#options.text !== null) {
      await output.result(this.#newest, statusLine(this.#newest, output.colors));
    } else {
      const line = `${this.#queued} ${this.#newest?.state ?? 'sent'} → ${escapeName(this.#peer)}`;
      if (this.#queued > 0) await output.results([], [line]);
    }
  }

  async #onStatus(status: StatusEvent): Promise<void> {
    this.#newest = status;
    const { output } = this.#context;
    if (output.isJson) await output.result(status, null);
  }

  /** The failure, and what became of what was read so far. `unsent` as in `Account`. */
  #fail(error: ParlanceError, unsent: number | null): Promise<ExitCode> {
    const account = accountOf({
      taken: this.#queued,
      pending: this.#deliveries.pending,
      reached: this.#deliveries.wanted,
      isOne: this.#options.text !== null,
      unsent,
      isUnsure: maybeTaken.has(error.code),
    });
    const { output } = this.#context;
    // What was not delivered in time is counted in its own words.
    if (account === null || error.code === 'command/not-delivered') return output.failure(error);
    // Words of a node that is gone tell no more than the account; others say how to mend the cause.
    const isGone = /^(api|runtime|command)\//.test(error.code);
    return output.failure(error, isGone ? account : `${wordingOf(error).remedy}; ${account}`);
  }

  #notDelivered(unsent: number): ParlanceError {
    return {
      code: 'command/not-delivered',
      peer: this.#peer,
      waitedMs: this.#options.timeoutMs,
      queued: this.#deliveries.pending,
      unsent,
    };
  }
}

interface SendFailure {
  readonly error: ParlanceError;
  /** Messages that were handed to the node and not taken, as far as we know. */
  readonly unsent: number;
}

/** How far a sending had come when it failed. */
interface Account {
  readonly taken: number;
  /** Of these: not `reached` yet. */
  readonly pending: number;
  readonly reached: WaitFor;
  /** There was one text, not many lines. */
  readonly isOne: boolean;
  /** Messages under way to the node; `null`: all that there was had been taken. */
  readonly unsent: number | null;
  /** The node may have taken these. */
  readonly isUnsure: boolean;
}

/** The node may have done what it was asked, and only the answer is missing. */
const maybeTaken: ReadonlySet<string> = new Set([
  'api/lost',
  'api/deadline',
  'api/malformed',
  'runtime/lost',
  'runtime/deadline',
  'runtime/poison',
]);

/** What to do now; `null` where nothing was taken, and the failure itself says it all. */
function accountOf({ taken, pending, reached, isOne, unsent, isUnsure }: Account): string | null {
  const isOpen = isUnsure && unsent !== null && unsent > 0;
  if (isOne && taken > 0) return 'the message stays queued and goes out when the peer is back';
  if (isOne) return isOpen ? '"parlance history" tells whether it was taken' : null;
  if (taken === 0 && !isOpen) return null;
  const there = pending === 0 ? `all ${reached}` : `${taken - pending} ${reached}, ${pending} still queued`;
  const told = `${taken} ${taken === 1 ? 'line was' : 'lines were'} taken${taken === 0 ? '' : ` (${there})`}`;
  if (unsent === null) return told;
  return isOpen
    ? `${told}; "parlance history" tells whether the ${unsent} after them were too, the rest was not`
    : `${told}, the rest was not: send that again`;
}

const isOlder = (dialect: string): boolean => dialect !== 'native';
