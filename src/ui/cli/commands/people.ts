/** `id`, `verify`, `block` and `unblock`: who we are, who they are, and what we think of them. */
import { escapeForTerminal, type NodeError, type NodeHandle, type SafetyInfo } from '../../../index.js';
import type { Result } from 'neverthrow';
import { cli } from '../limits.js';
import type { Attachment } from '../attach.js';
import { peerLine, peerName } from '../screen/present.js';
import { pause, withNode, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

export function id(context: RunContext, options: { readonly isQr: boolean }): Promise<ExitCode> {
  return withNode(context, async ({ node }) => {
    const { output } = context;
    const self = await node.self();
    if (self.isErr()) return output.failure(self.error);
    const { name, id, tag, addresses, port } = self.value;
    const code = await node.ownSafetyCode();
    if (code.isErr()) return output.failure(code.error);
    const safetyCode = code.value;
    const qr = options.isQr && !output.isJson ? `\n${await qrOf(id)}` : '';
    const lines = [
      `name         ${output.colors.bold(escapeForTerminal(name))}`,
      `id           ${escapeForTerminal(id)}`,
      `tag          ${escapeForTerminal(tag)}`,
      `safety code  ${escapeForTerminal(safetyCode)}`,
      `addresses    ${addresses.map((address) => `${withBrackets(address)}:${port}`).join('  ')}`,
    ];
    await output.result(
      { type: 'id', id, name, tag, safetyCode, addresses, port },
      `${lines.join('\n')}${qr}`,
    );
    return 0;
  });
}

export interface VerifyOptions {
  readonly peer: string;
  readonly code: string | null;
  /** The user has compared the codes. */
  readonly isCompared: boolean;
}

export function verify(context: RunContext, options: VerifyOptions): Promise<ExitCode> {
  const isMarking = options.code !== null || options.isCompared;
  return withNode(context, async (attachment) => {
    const { output } = context;
    const safety = await untilKnown(context, attachment, (node) =>
      isMarking ? node.verify(options.peer, options.code) : node.safety(options.peer),
    );
    if (safety.isErr()) return output.failure(safety.error);
    const { peer, code, verified } = safety.value;
    await output.result(
      { type: 'safety', peer: peer.name, peerId: peer.id, code, verified },
      safetyLines(safety.value, output.colors.bold),
    );
    if (!verified) output.note(`the same on both sides? then: parlance verify ${peerName(peer)} --yes`);
    return 0;
  });
}

export function block(context: RunContext, peer: string, isBlocked: boolean): Promise<ExitCode> {
  return withNode(context, async (attachment) => {
    const { output } = context;
    const row = await untilKnown(context, attachment, (node) => node.block(peer, isBlocked));
    if (row.isErr()) return output.failure(row.error);
    await output.result(row.value, peerLine(row.value, output.colors));
    return 0;
  });
}

/** The code in three rows of four groups, to be read aloud. */
export function safetyLines(safety: SafetyInfo, emphasised: (text: string) => string): string {
  const groups = escapeForTerminal(safety.code).split(' ');
  const rows = [0, 4, 8].map((at) => `  ${emphasised(groups.slice(at, at + 4).join(' '))}`);
  const state = safety.verified ? 'verified' : 'not verified';
  return [`safety code with ${peerName(safety.peer)} (${state}):`, ...rows].join('\n');
}

async function untilKnown<T>(
  { stopped }: RunContext,
  { node, ageMs }: Attachment,
  attempt: (node: NodeHandle) => PromiseLike<Result<T, NodeError>>,
): Promise<Result<T, NodeError>> {
  for (;;) {
    const result = await attempt(node);
    const isUnknown = result.isErr() && result.error.code === 'chat/unknown-peer';
    if (!isUnknown || ageMs() >= cli.discoveryMs || stopped.aborted) return result;
    await pause(cli.pollMs, stopped);
  }
}

async function qrOf(text: string): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr');
  return renderUnicodeCompact(text);
}

const withBrackets = (address: string): string => (address.includes(':') ? `[${address}]` : address);
