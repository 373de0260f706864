/** `parlance send` to several peers: one message, and a delivery state of each recipient. */
import { catalogue, isBegunYes } from '../../text/catalogue.js';
import { ok, type Result } from 'neverthrow';
import {
  deliveryRanks,
  escapeName,
  newMessageId,
  resolvePeer,
  type ErrorEvent,
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
import { isRefusal, refusalOf } from './deliveries.js';

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
  /** Names that the peer has had since the command began, newest first: a status names its peer. */
  names: readonly string[];
  state: StatusEvent['state'] | null;
  /** Whether the node was asked to send to it. */
  isAsked: boolean;
  /** Whether its failure was reported. */
  isOver: boolean;
}

const nameOf = ({ names, word }: Recipient): string => names[0] ?? word;

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
        : await findListed(context, attachment, options.peers);
    if ('code' in found) return output.failure(found);
    if (options.peers === null && !options.isConfirmed) {
      const detail = catalogue().commands.allHereNames(found.length);
      if (context.world.stdin.isTTY !== true || output.isJson) return output.failure(usage('send', detail));
      if (!(await isConfirmed(context, found))) {
        output.note(catalogue().commands.nothingSent);
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
async function findListed(
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
  return recipients.length === 0 ? usage('send', catalogue().commands.noPeerGiven) : recipients;
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
  return recipients.length === 0 ? { code: 'command/nobody-here' } : recipients;
}

/** A status names its peer and not its key, so namesakes get ids of their own. */
function recipientOf(
  word: string,
  row: PeerEvent | null,
  id: string,
  others: readonly Recipient[],
): Recipient {
  const name = row?.name ?? word;
  const isAlone = others.every((other) => nameOf(other) !== name);
  return {
    word: row?.id ?? word,
    row,
    id: isAlone ? id : newMessageId(),
    names: [name],
    state: null,
    isAsked: false,
    isOver: false,
  };
}

/** Asks on a terminal, with the number and the first names. */
async function isConfirmed(
  { world, stopped }: RunContext,
  recipients: readonly Recipient[],
): Promise<boolean> {
  const names = recipients.slice(0, 5).map(({ row, word }) => (row === null ? word : peerName(row)));
  const more = recipients.length > names.length ? ', …' : '';
  const question = catalogue().commands.askSendTo(recipients.length, `${names.join(', ')}${more}`);
  return isBegunYes((await ask(world, question, stopped)) ?? '');
}

/** The message on its way to all. */
class Several {
  readonly #context: RunContext;
  readonly #options: SeveralOptions;
  readonly #node: NodeHandle;
  readonly #recipients: readonly Recipient[];
  readonly #over = new AbortController();
  /** Statuses whose recipient is not known yet, oldest first. */
  #unclaimed: readonly StatusEvent[] = [];
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
    await following.done;
    if (!output.isJson) await this.#report();
    const waiting = this.#waiting();
    if (stopped.aborted && waiting.length > 0)
      return this.#exit === 0 ? output.failure({ code: 'command/stopped' }) : this.#exit;
    // A message that still goes out decides the exit code, whatever became of the others.
    for (const recipient of waiting) this.#exit = await output.failure(this.#notDelivered(recipient));
    return this.#exit;
  }

  async #send(recipient: Recipient): Promise<void> {
    recipient.isAsked = true;
    const sent = await this.#node.send(recipient.word, this.#options.text, { id: recipient.id });
    if (sent.isErr()) {
      recipient.state = 'failed';
      return this.#fail(recipient, sent.error);
    }
    noteName(recipient, sent.value.peer);
    await this.#reached(recipient, sent.value);
    await this.#claim();
  }

  /** Reports the failure of one recipient. The first failure gives the exit code. */
  async #fail(recipient: Recipient, error: CliError): Promise<void> {
    if (recipient.isOver) return;
    recipient.isOver = true;
    const exit = await this.#context.output.failure(error);
    if (this.#exit === 0) this.#exit = exit;
  }

  #notDelivered(recipient: Recipient): CliError {
    return {
      code: 'command/not-delivered',
      isForeign: isForeign(recipient),
      peer: nameOf(recipient),
      waitedMs: this.#options.timeoutMs,
      queued: 1,
      unsent: 0,
    };
  }

  /** Recipients whose message has not reached the wanted state. An older program confirms nothing. */
  #waiting(): readonly Recipient[] {
    return this.#recipients.filter((recipient) => {
      const wanted = isForeign(recipient) && this.#options.wait === 'delivered' ? 'sent' : this.#options.wait;
      return !recipient.isOver && rankOf(recipient) < deliveryRanks[wanted];
    });
  }

  #follow(): { readonly ready: Promise<void>; readonly done: Promise<void> } {
    const begun = new AbortController();
    const ready = new Promise<void>((resolve) => begun.signal.addEventListener('abort', () => resolve()));
    // Without events the answers of the node alone count.
    const done = this.#read(() => begun.abort()).catch(() => undefined);
    return { ready: Promise.race([ready, done]), done };
  }

  async #read(onReady: () => void): Promise<void> {
    for await (const event of until(this.#node.events(), this.#over.signal)) {
      if (event.type === 'ready') onReady();
      if (event.type === 'status') await this.#advance(event);
      if (event.type === 'peer') this.#renamed(event);
      if (event.type === 'error') await this.#refused(event);
    }
  }

  #renamed({ id, name }: PeerEvent): void {
    const recipient = this.#recipients.find(({ row }) => row?.id === id);
    if (recipient !== undefined) noteName(recipient, name);
  }

  /** Takes an error of the node that ends the sending to one recipient. */
  async #refused(event: ErrorEvent): Promise<void> {
    const { peer } = event;
    if (peer === undefined || !isRefusal(event)) return;
    const recipient = this.#waiting().find(({ isAsked, names }) => isAsked && names.includes(peer));
    if (recipient !== undefined) await this.#fail(recipient, refusalOf(event, peer));
  }

  async #advance(status: StatusEvent): Promise<void> {
    // Statuses of other messages are not kept.
    if (!this.#recipients.some(({ id }) => id === status.id)) return;
    this.#unclaimed = [...this.#unclaimed, status];
    await this.#claim();
  }

  /** Gives statuses to their recipients. One that fits several waits until their names or states decide. */
  async #claim(): Promise<void> {
    for (const status of this.#unclaimed) {
      const recipient = recipientIn(this.#recipients, status);
      if (recipient === undefined) continue;
      this.#unclaimed = this.#unclaimed.filter((other) => other !== status);
      await this.#reached(recipient, status);
      return this.#claim();
    }
  }

  async #reached(recipient: Recipient, status: StatusEvent): Promise<void> {
    if (deliveryRanks[status.state] <= rankOf(recipient)) return;
    recipient.state = status.state;
    const { output } = this.#context;
    if (output.isJson) await output.result(status, null);
    if (status.state !== 'failed') return;
    const reason = status.reason ?? catalogue().commands.noReason;
    await this.#fail(recipient, { code: 'command/failed', peer: nameOf(recipient), reason });
  }

  async #report(): Promise<void> {
    const { output } = this.#context;
    const lines = this.#recipients.flatMap((recipient) => {
      const { row, id, state } = recipient;
      const name = nameOf(recipient);
      const label = row === null ? escapeName(name) : peerLabel(row);
      return state === null
        ? []
        : [statusLine({ type: 'status', id, peer: name, state }, output.colors, label)];
    });
    if (lines.length > 0) await output.results([], lines);
  }
}

const rankOf = ({ state }: Recipient): number => (state === null ? -1 : deliveryRanks[state]);

const isForeign = ({ word, row }: Recipient): boolean =>
  word.includes('://') || (row !== null && row.dialect !== 'native');

/** Keeps a name of a recipient. */
function noteName(recipient: Recipient, name: string): void {
  recipient.names = [name, ...recipient.names.filter((other) => other !== name)];
}

/**
 * Finds the recipient of a status. Recipients share an id, so the names decide; a name that none of them had belongs to
 * the only one that can still reach this state.
 */
function recipientIn(recipients: readonly Recipient[], status: StatusEvent): Recipient | undefined {
  const asked = recipients.filter(({ id, isAsked }) => id === status.id && isAsked);
  const named = asked.filter(({ names }) => names.includes(status.peer));
  const found = named.find((recipient) => nameOf(recipient) === status.peer) ?? named[0];
  if (found !== undefined) return found;
  const open = asked.filter((recipient) => rankOf(recipient) < deliveryRanks[status.state]);
  return open.length === 1 ? open[0] : undefined;
}
