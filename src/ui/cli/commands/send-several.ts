/** `parlance send` to several peers: one message, and a delivery state of each recipient. */
import { ok, type Result } from 'neverthrow';
import {
  escapeName,
  newMessageId,
  resolvePeer,
  type NodeError,
  type NodeHandle,
  type PeerEvent,
  type StatusEvent,
  type WaitFor,
} from '../../../index.js';
import type { Attachment } from '../attach.js';
import type { CliError } from '../errors.js';
import { cli } from '../limits.js';
import { peerLabel } from '../screen/naming.js';
import { peerName, statusLine } from '../screen/present.js';
import { ask } from '../question.js';
import { pause, until, untilKnown, usage, withNode, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of a message to several peers. */
export interface SeveralOptions {
  /** Words that name peers, separated by commas; null: every native peer that is here. */
  readonly peers: string | null;
  readonly text: string;
  readonly wait: WaitFor;
  readonly timeoutMs: number;
  /** Whether the number of recipients was confirmed. */
  readonly isConfirmed: boolean;
}

/** One recipient and the state of the message to it. */
interface Recipient {
  readonly word: string;
  readonly row: PeerEvent | null;
  readonly id: string;
  name: string;
  state: StatusEvent['state'] | null;
}

const ranks = { queued: 0, sent: 1, delivered: 2, failed: 3 } as const;

/**
 * Sends one message to several peers and waits for each. Where one is unknown nothing is sent. Exit codes: 4 where a
 * recipient did not get it in time, otherwise that of the first recipient that was refused. `alone` sends to a word
 * that names one peer after all.
 */
export async function sendSeveral(
  context: RunContext,
  options: SeveralOptions,
  alone: (peer: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { output } = context;
  let one: string | null = null;
  const exit = await withNode(context, async (attachment): Promise<ExitCode> => {
    const { node } = attachment;
    const whole = options.peers === null ? ok(null) : await wholeWord(context, attachment, options.peers);
    if (whole.isErr()) return output.failure(whole.error);
    if (whole.value !== null) {
      one = whole.value.id;
      return 0;
    }
    const found =
      options.peers === null
        ? await everybodyHere(context, attachment)
        : await named(context, attachment, options.peers);
    if ('code' in found) return output.failure(found);
    if (options.peers === null && !options.isConfirmed) {
      const detail = `--all-here names ${found.length} peers: add --yes to send to them`;
      if (context.world.stdin.isTTY !== true || output.isJson) return output.failure(usage('send', detail));
      if (!(await isConfirmed(context, found))) {
        output.note('nothing was sent');
        return 0;
      }
    }
    return new Several(context, options, node, found).run();
  });
  return one === null ? exit : alone(one);
}

const wordsOf = (list: string): readonly string[] =>
  [...new Set(list.split(',').map((word) => word.trim()))].filter((word) => word !== '');

const isAddress = (word: string): boolean => word.includes('://') || resolvePeer(word, []).isOk();

const isUnknown = (found: Result<unknown, NodeError>): boolean =>
  found.isErr() && found.error.code === 'chat/unknown-peer';

/**
 * Finds the peer that the whole list names; null: its words name the peers. A young node waits for a peer of that name
 * only while a word names nobody, so that a list of known peers is sent at once. Errors: any but an unknown peer.
 */
async function wholeWord(
  { stopped }: RunContext,
  { node, ageMs }: Attachment,
  list: string,
): Promise<Result<PeerEvent | null, NodeError>> {
  const words = wordsOf(list).filter((word) => !isAddress(word));
  const attempt = async (): Promise<Result<PeerEvent | null, NodeError>> => {
    const whole = await node.find(list);
    if (!isUnknown(whole)) return whole;
    const found = await Promise.all(words.map((word) => node.find(word)));
    return found.some(isUnknown) ? whole : ok(null);
  };
  const found = await untilKnown(attempt, { ageMs, signal: stopped });
  return isUnknown(found) ? ok(null) : found;
}

/** Finds the peers of a list. Errors: of the first word that names none. */
async function named(
  { stopped }: RunContext,
  { node, ageMs }: Attachment,
  list: string,
): Promise<readonly Recipient[] | CliError> {
  const recipients: Recipient[] = [];
  const id = newMessageId();
  for (const word of wordsOf(list)) {
    const found = await untilKnown(() => node.find(word), { ageMs, signal: stopped });
    if (found.isErr() && !(isUnknown(found) && isAddress(word))) return found.error;
    const row = found.unwrapOr(null);
    if (row !== null && recipients.some((other) => other.row?.id === row.id)) continue;
    recipients.push(recipientOf(word, row, id, recipients));
  }
  return recipients.length === 0 ? usage('send', 'no peer given') : recipients;
}

/** Returns the native peers that are here and not blocked. Errors: there is none. */
async function everybodyHere(
  { stopped }: RunContext,
  { node, ageMs }: Attachment,
): Promise<readonly Recipient[] | CliError> {
  const youngMs = cli.discoveryMs - ageMs();
  if (youngMs > 0) await pause(youngMs, stopped);
  const rows = await node.peers();
  if (rows.isErr()) return rows.error;
  const recipients: Recipient[] = [];
  const id = newMessageId();
  for (const row of rows.value) {
    const isHere = row.state === 'online' && row.dialect === 'native' && row.blocked !== true;
    if (isHere) recipients.push(recipientOf(row.id, row, id, recipients));
  }
  return recipients.length === 0 ? { code: 'chat/unknown-peer', peer: '--all-here' } : recipients;
}

/** A status names its peer and not its key, so namesakes get ids of their own. */
function recipientOf(
  word: string,
  row: PeerEvent | null,
  id: string,
  others: readonly Recipient[],
): Recipient {
  const name = row?.name ?? word;
  const isAlone = others.every((other) => other.name !== name);
  return { word: row?.id ?? word, row, id: isAlone ? id : newMessageId(), name, state: null };
}

/** Asks on a terminal, with the number and the first names. */
async function isConfirmed(
  { world, stopped }: RunContext,
  recipients: readonly Recipient[],
): Promise<boolean> {
  const names = recipients.slice(0, 5).map(({ row, word }) => (row === null ? word : peerName(row)));
  const more = recipients.length > names.length ? ', …' : '';
  const question = `Send to ${recipients.length}: ${names.join(', ')}${more}? [y/N] `;
  return /^y/i.test((await ask(world, question, stopped))?.trim() ?? '');
}

/** The message on its way to all. */
class Several {
  readonly #context: RunContext;
  readonly #options: SeveralOptions;
  readonly #node: NodeHandle;
  readonly #recipients: readonly Recipient[];
  readonly #over = new AbortController();
  #exit: ExitCode = 0;

  constructor(
    context: RunContext,
    options: SeveralOptions,
    node: NodeHandle,
    recipients: readonly Recipient[],
  ) {
    this.#context = context;
    this.#options = options;
    this.#node = node;
    this.#recipients = recipients;
  }

  async run(): Promise<ExitCode> {
    const { stopped, output } = this.#context;
    const following = this.#follow();
    await following.ready;
    for (const recipient of this.#recipients) await this.#send(recipient);
    const endMs = performance.now() + this.#options.timeoutMs;
    while (this.#waiting().length > 0 && performance.now() < endMs && !stopped.aborted)
      await pause(Math.min(cli.pollMs, Math.max(1, endMs - performance.now())), stopped);
    this.#over.abort();
    if (!output.isJson) await this.#report();
    const waiting = this.#waiting();
    if (waiting.length === 0 || this.#exit !== 0) return this.#exit;
    if (stopped.aborted) return output.failure({ code: 'command/stopped' });
    return output.failure({
      code: 'command/not-delivered',
      isForeign: false,
      peer: waiting.map(({ name }) => name).join(', '),
      waitedMs: this.#options.timeoutMs,
      queued: waiting.length,
      unsent: 0,
    });
  }

  async #send(recipient: Recipient): Promise<void> {
    const sent = await this.#node.send(recipient.word, this.#options.text, { id: recipient.id });
    if (sent.isOk()) {
      recipient.name = sent.value.peer;
      await this.#advance(sent.value);
      return;
    }
    recipient.state = 'failed';
    const exit = await this.#context.output.failure(sent.error);
    if (this.#exit === 0) this.#exit = exit;
  }

  /** Recipients whose message has not reached the wanted state. An older program confirms nothing. */
  #waiting(): readonly Recipient[] {
    return this.#recipients.filter(({ state, row, word }) => {
      const isForeign = word.includes('://') || (row !== null && row.dialect !== 'native');
      const wanted = isForeign && this.#options.wait === 'delivered' ? 'sent' : this.#options.wait;
      return state === null || ranks[state] < ranks[wanted];
    });
  }

  #follow(): { readonly ready: Promise<void> } {
    const ready = new Promise<void>((resolve) => {
      const read = async (): Promise<void> => {
        for await (const event of until(this.#node.events(), this.#over.signal)) {
          if (event.type === 'ready') resolve();
          if (event.type === 'status') await this.#advance(event);
        }
      };
      // Without events the answers of the node alone count.
      read().then(resolve, () => resolve());
    });
    return { ready };
  }

  async #advance(status: StatusEvent): Promise<void> {
    const recipient = this.#recipients.find(({ id, name }) => id === status.id && name === status.peer);
    if (recipient === undefined) return;
    if (recipient.state !== null && ranks[status.state] <= ranks[recipient.state]) return;
    recipient.state = status.state;
    if (status.state === 'failed' && this.#exit === 0) this.#exit = 1;
    const { output } = this.#context;
    if (output.isJson) await output.result(status, null);
  }

  async #report(): Promise<void> {
    const { output } = this.#context;
    const lines = this.#recipients.flatMap(({ row, id, name, state }) => {
      const label = row === null ? escapeName(name) : peerLabel(row);
      return state === null
        ? []
        : [statusLine({ type: 'status', id, peer: name, state }, output.colors, label)];
    });
    if (lines.length > 0) await output.results([], lines);
  }
}
