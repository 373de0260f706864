/** `parlance privacy`: the peers that learn that their messages were read, and that the user types. */
import { catalogue } from '../../../text/catalogue.js';
import type { ContactInfo, NodeHandle, PrivacyInfo } from '../../../../index.js';
import type { PrivacySubject } from '../../options/verbs.js';
import { usage, withHome, type RunContext } from '../../run.js';
import { peerName } from '../../screen/present.js';
import type { ExitCode } from '../../screen/wording.js';

/** Arguments of `privacy`. */
export interface PrivacyOptions {
  /** Null: everything is shown. */
  readonly subject: PrivacySubject | null;
  /** Null: it is shown. */
  readonly value: string | null;
  /** The choice is about this peer alone; null: about all peers. */
  readonly peer: string | null;
}

/** The words for the peers that learn something. */
export const audiences = ['none', 'verified', 'contacts'] as const;
const shares = ['on', 'off', 'default'] as const;

/** Shows the privacy, or changes it. */
export async function privacy(context: RunContext, options: PrivacyOptions): Promise<ExitCode> {
  const { output } = context;
  const problem = problemOf(options);
  if (problem !== null) return output.failure(usage('privacy', problem));
  return withHome(context, async ({ node }) => {
    const { subject, value, peer } = options;
    if (peer !== null) return ofPeer(context, node, peer, options);
    if (subject === 'presence' && value !== null) {
      const set = await node.setStatus({ presence: value === 'none' ? 'invisible' : 'here' });
      if (set.isErr()) return output.failure(set.error);
    }
    const audience = audiences.find((each) => each === value);
    const isChange = audience !== undefined && subject !== null && subject !== 'presence';
    const found = await (isChange ? node.setPrivacy({ [subject]: audience }) : node.privacy());
    if (found.isErr()) return output.failure(found.error);
    const status = await node.status();
    if (status.isErr()) return output.failure(status.error);
    const presence = status.value.presence === 'invisible' ? 'none' : 'all';
    const line = { type: 'privacy', ...found.value, presence } as const;
    await output.result(line, privacyLines(found.value, presence));
    return 0;
  });
}

/** Returns why the words cannot be meant; null: they can. */
function problemOf({ subject, value, peer }: PrivacyOptions): string | null {
  if (value === null || subject === null) return null;
  if (subject === 'presence')
    return peer === null && (value === 'all' || value === 'none')
      ? null
      : catalogue().commands.presenceForWhom;
  const known: readonly string[] = peer === null ? audiences : shares;
  return known.includes(value) ? null : catalogue().commands.isOneOf(subject, known.join(', '));
}

async function ofPeer(
  { output }: RunContext,
  node: NodeHandle,
  peer: string,
  { subject, value }: PrivacyOptions,
): Promise<ExitCode> {
  const share = shares.find((each) => each === value);
  const isChange = share !== undefined && subject !== null && subject !== 'presence';
  const found = await (isChange ? node.changeContact(peer, { [subject]: share }) : node.contact(peer));
  if (found.isErr()) return output.failure(found.error);
  const { receipts = 'default', typing = 'default' } = found.value;
  const { id, name } = found.value.peer;
  await output.result({ type: 'privacy', name, id, receipts, typing }, peerLines(found.value));
  return 0;
}

/** Returns an audience in words. */
function meaningOf(audience: 'none' | 'verified' | 'contacts' | 'all'): string {
  const { nobody, verifiedPeers, everyContact, everybody } = catalogue().commands;
  return { none: nobody, verified: verifiedPeers, contacts: everyContact, all: everybody }[audience];
}

/** Returns the privacy as lines. */
export const privacyLines = ({ receipts, typing }: PrivacyInfo, presence: 'all' | 'none'): string =>
  [
    catalogue().commands.receipts(meaningOf(receipts)),
    catalogue().commands.typing(meaningOf(typing)),
    catalogue().commands.presence(meaningOf(presence)),
  ].join('\n');

const peerLines = ({ peer, receipts, typing }: ContactInfo): string =>
  [
    catalogue().commands.receiptsFor(receipts ?? 'default', peerName(peer)),
    `typing    ${typing ?? 'default'}`,
  ].join('\n');
