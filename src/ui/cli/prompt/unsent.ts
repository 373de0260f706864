/** Lines of a pipe that went nowhere: how many, and what came in the way of the first. */
import type { NodeError } from '../../../index.js';
import type { Output } from '../screen/output.js';
import { usage } from '../run.js';
import { wordingOf, type ExitCode } from '../screen/wording.js';

export class UnsentLines {
  #lines = 0;
  #why: NodeError | null = null;
  /** Why the last `/chat` opened no conversation. */
  chatFault: NodeError | null = null;

  /** `why`: null is that no conversation was ever opened. */
  add(why: NodeError | null = this.chatFault): void {
    if (this.#lines === 0) this.#why = why;
    this.#lines += 1;
  }

  /** Exit code 0 where there are none; else the failure is told. */
  async tell(output: Output): Promise<ExitCode> {
    if (this.#lines === 0) return 0;
    const told = `${this.#lines} ${this.#lines === 1 ? 'line was' : 'lines were'} not sent`;
    const why = this.#why;
    if (why !== null) return output.failure(why, `${told}; ${wordingOf(why).remedy}`);
    const remedy = 'write "/chat PEER" before them, or use "parlance send PEER"';
    return output.failure(usage('', `${told}, for no conversation was open`), remedy);
  }
}
