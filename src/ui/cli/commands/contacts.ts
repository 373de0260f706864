/** `contact` and `requests`: the people that the user knows, and the decisions about their keys. */
import { catalogue } from '../../text/catalogue.js';
import type { ResultAsync } from 'neverthrow';
import {
  escapeForTerminal,
  type ContactInfo,
  type MessageEvent,
  type NodeError,
  type NodeHandle,
  type PeerEvent,
} from '../../../index.js';
import { batches } from '../../api/send-lines.js';
import { cli } from '../limits.js';
import { ask } from '../question.js';
import { usage, withHome, type RunContext } from '../run.js';
import { clock, peerName, taggedWord } from '../screen/present.js';
import type { Output } from '../screen/output.js';
import type { ExitCode } from '../screen/wording.js';
import { queuedFates, type ContactVerb, type QueuedFate } from '../options/verbs.js';
import { waitingFor, withdrawAll } from './outbox.js';
import { messagesAfter } from './unread.js';

/** Arguments of `contact`. */
export interface ContactOptions {
  readonly verb: ContactVerb;
  readonly peer: string | null;
  /** Alias or note; empty: it is removed. */
  readonly text: string;
  /** Null: the user is asked, or the messages are kept. */
  readonly queued: QueuedFate | null;
}

/** Runs one verb of `contact`. */
export function contact(context: RunContext, options: ContactOptions): Promise<ExitCode> {
  const { output } = context;
  const { verb, peer } = options;
  if (verb === 'list') return listContacts(context);
  if (peer === null) return output.failure(usage('contact', catalogue().contacts.peerMissing(verb)));
  return withHome(context, async ({ node }) => {
    if (verb === 'accept') return accept(context, node, peer, options.queued);
    if (verb === 'forget') return forget(output, node, peer);
    const changed = await change(node, peer, verb, options.text);
    if (changed.isErr()) return output.failure(changed.error);
    const lines = verb === 'show' ? detailLines(changed.value, output) : contactLine(changed.value, output);
    await output.result(lineOf(changed.value), lines);
    return 0;
  });
}

function listContacts(context: RunContext): Promise<ExitCode> {
  const { output } = context;
  return withHome(context, async ({ node }) => {
    const contacts = await node.contacts();
    if (contacts.isErr()) return output.failure(contacts.error);
    const known = contacts.value.filter(isKnown);
    await output.results(
      known.map(lineOf),
      known.map((each) => contactLine(each, output)),
    );
    if (known.length === 0) output.note(catalogue().contacts.noContact);
    return 0;
  });
}

/** Leaves out strangers and forgotten peers. */
export function isKnown({ standing, alias, note, muted, peer }: ContactInfo): boolean {
  const isChosen = alias !== '' || note !== '' || muted || peer.blocked === true;
  return isChosen || standing === 'accepted' || standing === 'rejected';
}

type Change = Exclude<ContactVerb, 'list' | 'accept' | 'forget'>;

function change(
  node: NodeHandle,
  peer: string,
  verb: Change,
  text: string,
): ResultAsync<ContactInfo, NodeError> {
  switch (verb) {
    case 'show':
      return node.contact(peer);
    case 'alias':
      return node.changeContact(peer, { alias: text });
    case 'note':
      return node.changeContact(peer, { note: text });
    case 'mute':
    case 'unmute':
      return node.changeContact(peer, { muted: verb === 'mute' });
    case 'reject':
      return node.rejectContact(peer);
    case 'block':
    case 'unblock':
      return node.block(peer, verb === 'block').andThen(({ id }) => node.contact(id));
    default:
      return verb satisfies never;
  }
}

async function accept(
  context: RunContext,
  node: NodeHandle,
  word: string,
  given: QueuedFate | null,
): Promise<ExitCode> {
  const { world, output } = context;
  const accepted = await node.acceptContact(word);
  if (accepted.isErr()) return output.failure(accepted.error);
  const { contact: fresh, replaced } = accepted.value;
  await output.result(lineOf(fresh), catalogue().contacts.isAccepted(peerName(fresh.peer)));
  for (const old of replaced) {
    const waiting = await waitingFor(node, old.id);
    if (waiting.isErr()) return output.failure(waiting.error);
    if (waiting.value.length === 0) continue;
    const isAsking = given === null && world.stdin.isTTY === true && !output.isJson;
    const question = catalogue().contacts.askFate(waitLine(waiting.value.length, old));
    const fate = isAsking ? await askFate(context, question) : (given ?? 'keep');
    const failure = await settleQueued(node, old, fresh.peer, waiting.value, fate);
    if (failure !== null) return output.failure(failure);
    const sentence = fateSentence(fate, waiting.value.length, old, fresh.peer);
    output.note(fate === 'keep' ? catalogue().contacts.seeOutbox(sentence) : sentence);
  }
  return 0;
}

const waitLine = (count: number, old: PeerEvent): string =>
  catalogue().contacts.messagesWait(count, peerName(old));

/** Says what became of the messages for an old key. */
export function fateSentence(fate: QueuedFate, count: number, old: PeerEvent, fresh: PeerEvent): string {
  const { fateSend, fateKeep, fateDrop } = catalogue().contacts;
  if (fate === 'send') return fateSend(count, peerName(old), peerName(fresh));
  return fate === 'keep' ? fateKeep(count, peerName(old)) : fateDrop(count, peerName(old));
}

/** Moves, keeps or drops the messages for an old key. Returns the failure; null: it is done. */
export async function settleQueued(
  node: Pick<NodeHandle, 'sendAll' | 'withdraw'>,
  old: PeerEvent,
  fresh: PeerEvent,
  waiting: readonly MessageEvent[],
  fate: QueuedFate,
): Promise<NodeError | null> {
  if (fate === 'keep') return null;
  if (fate === 'drop') {
    const dropped = await withdrawAll(node, old.id, waiting);
    return dropped.isErr() ? dropped.error : null;
  }
  for (const batch of batches(waiting)) {
    // First queued, then withdrawn: a crash in between sends nothing twice, since the old key is gone. In batches, so
    // that neither a request nor the outbox, which holds both for a moment, is too small.
    const sent = await node.sendAll(
      fresh.id,
      batch.map(({ text }) => text),
    );
    if (sent.isErr()) return sent.error;
    const dropped = await withdrawAll(node, old.id, batch);
    if (dropped.isErr()) return dropped.error;
  }
  return null;
}

/** Asks what becomes of queued messages. They are kept where the user gives no answer. */
async function askFate({ world, stopped }: RunContext, question: string): Promise<QueuedFate> {
  const answer = (await ask(world, question, stopped)) ?? '';
  return queuedFates.find((fate) => fate === answer.trim().toLowerCase()) ?? 'keep';
}

async function forget(output: Output, node: NodeHandle, word: string): Promise<ExitCode> {
  const found = await node.find(word);
  const waiting = found.isOk() ? (await waitingFor(node, found.value.id)).unwrapOr([]) : [];
  const forgotten = await node.forgetContact(found.isOk() ? found.value.id : word);
  if (forgotten.isErr()) return output.failure(forgotten.error);
  await output.result(forgotten.value, catalogue().contacts.isForgotten(peerName(forgotten.value)));
  if (waiting.length > 0)
    output.note(catalogue().contacts.cancelWithdraws(waitLine(waiting.length, forgotten.value)));
  return 0;
}

/** Lists strangers that wrote and about whom the user decided nothing. */
export function requests(context: RunContext): Promise<ExitCode> {
  const { output } = context;
  return withHome(context, async ({ node }) => {
    const rows = await node.peers();
    if (rows.isErr()) return output.failure(rows.error);
    const strangers = rows.value.filter(({ request }) => request === true);
    for (const peer of strangers) {
      const first = (await messagesAfter(node, peer.id, 0, 1)).unwrapOr([])[0];
      const { name, id, tag, unread } = peer;
      const text = first?.text ?? '';
      await output.result(
        { type: 'request', peer: name, peerId: id, name, id, tag, unread, text },
        requestLine(peer, text, output),
      );
    }
    if (strangers.length === 0) output.note(catalogue().contacts.noRequest);
    else output.note(catalogue().contacts.decide);
    return 0;
  });
}

const requestLine = (peer: PeerEvent, text: string, { colors }: Output): string =>
  `${colors.bold(peerName(peer))}  ${escapeForTerminal(text, { graphemesMax: cli.previewGraphemes })}`;

const lineOf = ({ peer, alias, note, muted, standing, firstSeen, hasKey }: ContactInfo) => {
  const { name, id, tag, state, verified, lastSeen, unread, blocked = false } = peer;
  const facts = { alias, note, standing, verified, blocked, muted, hasKey };
  return { type: 'contact', name, id, tag, state, ...facts, firstSeen, lastSeen, unread } as const;
};

function contactLine({ peer, note, standing, muted }: ContactInfo, { colors }: Output): string {
  const facts = [
    peer.dialect === 'native'
      ? peer.verified
        ? colors.green(catalogue().contacts.verified)
        : colors.yellow(catalogue().contacts.unverified)
      : '',
    standing === 'accepted' ? '' : standing,
    peer.blocked === true ? colors.red(catalogue().contacts.blocked) : '',
    muted ? catalogue().contacts.muted : '',
    catalogue().contacts.lastSeen(clock(peer.lastSeen)),
    note === '' ? '' : escapeForTerminal(note),
  ];
  return [colors.bold(peerName(peer)), ...facts.filter((fact) => fact !== '')].join('  ');
}

function detailLines(info: ContactInfo, output: Output): string {
  const { peer, alias, note, muted, standing, firstSeen, hasKey } = info;
  const rows: readonly (readonly [string, string])[] = [
    [catalogue().contacts.labelName, peerName(peer)],
    [catalogue().contacts.labelAlias, alias],
    [catalogue().contacts.labelNote, note],
    [catalogue().contacts.labelId, peer.id],
    [catalogue().contacts.labelStanding, standing],
    [
      catalogue().contacts.labelVerified,
      peer.verified ? catalogue().contacts.yes : catalogue().contacts.noVerifyShows(taggedWord(peer)),
    ],
    [catalogue().contacts.labelKey, hasKey ? catalogue().contacts.keySeen : catalogue().contacts.keyNotSeen],
    [catalogue().contacts.labelBlocked, peer.blocked === true ? catalogue().contacts.yes : ''],
    [catalogue().contacts.labelMuted, muted ? catalogue().contacts.yes : ''],
    [catalogue().contacts.labelAddress, peer.address === '' ? '' : `${peer.address}:${String(peer.port)}`],
    [catalogue().contacts.labelFirstSeen, clock(firstSeen)],
    [catalogue().contacts.labelLastSeen, clock(peer.lastSeen)],
    [catalogue().contacts.labelUnread, peer.unread === 0 ? '' : String(peer.unread)],
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `${output.colors.dim(label.padEnd(10))}  ${escapeForTerminal(value)}`)
    .join('\n');
}
