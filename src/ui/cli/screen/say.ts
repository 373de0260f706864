/** The form of a failure in words. */

/** 0 done · 1 unexpected · 2 usage · 3 no such peer · 4 timeout · 5 security · 6 in use · 78 home unusable. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 78;

/** A failure in words: what happened, why, what to do, and the exit code. */
export interface Wording {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  readonly exit: ExitCode;
}

/** Makes a failure in words. */
export const say = (exit: ExitCode, what: string, why: string, remedy: string): Wording => ({
  exit,
  what,
  why,
  remedy,
});
