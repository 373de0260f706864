/** `send --wait read`: whether a peer tells that its user has read a message. */
import type { Result } from 'neverthrow';
import type { ContactInfo, NodeError, NodeHandle, WaitFor } from '../../../../index.js';
import type { CliError } from '../../errors.js';

/** The state of a message that `send` waits for. `read`: the peer's user has read it. */
export type SendWait = WaitFor | 'read';

/**
 * Returns why the peer cannot tell that it reads, before a message is sent; null: it may. The program of a native peer
 * is known for sure once a session is up, so it is not judged here.
 */
export async function marksProblem(
  peer: string,
  contact: () => Promise<Result<ContactInfo, NodeError>>,
): Promise<CliError | null> {
  if (/^(?!native:)[^/]*:\/\//.test(peer)) return { code: 'command/no-read-marks', peer, isOff: false };
  const found = await contact();
  if (found.isErr()) return null;
  const { readMarks } = found.value;
  const { name, dialect } = found.value.peer;
  if (dialect !== 'native') return { code: 'command/no-read-marks', peer: name, isOff: false };
  return readMarks === 'off' ? { code: 'command/no-read-marks', peer: name, isOff: true } : null;
}

/** Whether the program of a peer that was reached knows no read marks. */
export const cannotTell = async (node: Pick<NodeHandle, 'contact'>, peer: string): Promise<boolean> => {
  const found = await node.contact(peer);
  return found.isOk() && found.value.readMarks === 'unable';
};
