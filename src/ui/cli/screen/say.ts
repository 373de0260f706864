/** The form of a failure in words with its exit code. */
import type { FailureWords } from '../../text/failure-facts.js';

/** 0 done · 1 unexpected · 2 usage · 3 no such peer · 4 timeout · 5 security · 6 in use · 78 home unusable. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 78;

/** A failure in words: what happened, why, what to do, and the exit code. */
export interface Wording extends FailureWords {
  readonly exit: ExitCode;
}
