/** `id`, `verify`, `block` and `unblock`: the own identity, and the trust in peers. */
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal, type SafetyInfo } from '../../../index.js';
import { peerLine, peerName, taggedWord } from '../screen/present.js';
import { untilKnown, withHome, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Prints the own identity, with a QR code where asked. */
export function id(context: RunContext, options: { readonly isQr: boolean }): Promise<ExitCode> {
  return withHome(context, async ({ node }) => {
    const { output } = context;
    const self = await node.self();
    if (self.isErr()) return output.failure(self.error);
    const { name, id, tag, addresses, port } = self.value;
    const code = await node.ownSafetyCode();
    if (code.isErr()) return output.failure(code.error);
    const safetyCode = code.value;
    const qr = options.isQr && !output.isJson ? `\n${await qrOf(id)}` : '';
    const labels = catalogue().commands.idRows;
    const lines = [
      [labels.name, output.colors.bold(escapeForTerminal(name))],
      [labels.id, escapeForTerminal(id)],
      [labels.tag, escapeForTerminal(tag)],
      [labels.safetyCode, escapeForTerminal(safetyCode)],
      [labels.addresses, addresses.map((address) => `${withBrackets(address)}:${port}`).join('  ')],
    ].map(([label = '', value = '']) => `${label.padEnd(11)}  ${value}`);
    await output.result(
      { type: 'id', id, name, tag, safetyCode, addresses, port },
      `${lines.join('\n')}${qr}`,
    );
    return 0;
  });
}

/** Arguments of `verify`. */
export interface VerifyOptions {
  readonly peer: string;
  readonly code: string | null;
  /** Whether the user compared the codes. */
  readonly isCompared: boolean;
}

/** Prints the safety code of a pair, or marks the peer as verified. */
export function verify(context: RunContext, options: VerifyOptions): Promise<ExitCode> {
  const isMarking = options.code !== null || options.isCompared;
  return withHome(context, async (attachment) => {
    const { output } = context;
    const { node } = attachment;
    const safety = await untilKnown(
      () => (isMarking ? node.verify(options.peer, options.code) : node.safety(options.peer)),
      { ageMs: attachment.ageMs, signal: context.stopped },
    );
    if (safety.isErr()) return output.failure(safety.error);
    const { peer, code, verified } = safety.value;
    await output.result(
      { type: 'safety', peer: peer.name, peerId: peer.id, code, verified },
      safetyLines(safety.value, output.colors.bold),
    );
    if (!verified) output.note(catalogue().commands.ifBothShow(taggedWord(peer)));
    return 0;
  });
}

/** Blocks or unblocks a peer. */
export function block(context: RunContext, peer: string, isBlocked: boolean): Promise<ExitCode> {
  return withHome(context, async (attachment) => {
    const { output } = context;
    const row = await untilKnown(() => attachment.node.block(peer, isBlocked), {
      ageMs: attachment.ageMs,
      signal: context.stopped,
    });
    if (row.isErr()) return output.failure(row.error);
    await output.result(row.value, peerLine(row.value, output.colors));
    return 0;
  });
}

/** Returns the code in three rows of four groups, to be read aloud. */
export function safetyLines(safety: SafetyInfo, emphasised: (text: string) => string): string {
  const groups = escapeForTerminal(safety.code).split(' ');
  const rows = [0, 4, 8].map((at) => `  ${emphasised(groups.slice(at, at + 4).join(' '))}`);
  const state = safety.verified ? catalogue().commands.verified : catalogue().commands.notVerified;
  return [catalogue().commands.safetyCodeWith(peerName(safety.peer), state), ...rows].join('\n');
}

async function qrOf(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr');
  return renderUnicodeCompact(text);
}

const withBrackets = (address: string): string => (address.includes(':') ? `[${address}]` : address);
