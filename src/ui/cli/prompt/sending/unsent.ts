/** Messages that wait for their last state, and those that were not sent: the number of lines of a pipe, the reason of the first, and which may be sent again. */
import { catalogue } from '../../../text/catalogue.js';
import type { NodeError } from '../../../../index.js';
import type { Output } from '../../screen/output.js';
import { usage } from '../../run.js';
import { wordingOf, type ExitCode } from '../../screen/wording.js';

/** Whether a message that was refused may be sent later as it is. */
export const isWorthRetrying = ({ code }: NodeError): boolean => !hopeless.has(code);
const hopeless: ReadonlySet<NodeError['code']> = new Set<NodeError['code']>([
  'chat/text-empty',
  'chat/text-too-long',
  'chat/text-invalid',
  'api/too-large',
  'dialect/too-long',
  'dialect/unsupported',
]);

/** A message that was sent and has not reached its last state. */
export interface Pending {
  readonly text: string;
  /** An older program confirms nothing: `sent` is its last state. */
  readonly isForeign: boolean;
}

/** Counts lines that were typed and not queued. */
export class UnsentLines {
  #lines = 0;
  #why: NodeError | null = null;
  /** Failure of the last `/chat`; null: it opened a conversation. */
  chatFault: NodeError | null = null;

  /** Counts a line. `why`: null means that no conversation was open. */
  add(why: NodeError | null = this.chatFault): void {
    if (this.#lines === 0) this.#why = why;
    this.#lines += 1;
  }

  /** Prints the failure, if any line was not sent, and returns the exit code. */
  async report(output: Output): Promise<ExitCode> {
    if (this.#lines === 0) return 0;
    const count = catalogue().prompt.linesNotSent(this.#lines);
    const why = this.#why;
    if (why !== null) return output.failure(why, `${count}; ${wordingOf(why).remedy}`);
    const remedy = catalogue().prompt.chatFirst;
    return output.failure(usage('', catalogue().prompt.becauseNoneOpen(count)), remedy);
  }
}
