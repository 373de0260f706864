/**
 * Deadlines of tests are given for a quiet machine and stretched by this: they only tell a hang from progress. A test
 * of speed measures and asserts it itself.
 */
export const patience = 10;

/** The same of waits without a deadline of their own, ms: at load 27 on two cores a node took 40 s to start. */
export const hangMs = 120_000;

/** For a whole test, ms: its waits end before, and say what they waited for. */
export const testMsMax = 240_000;

/** Waits with a deadline, so that a test that would hang fails and says what it waited for. */
export async function within<T>(promise: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: not within ${deadlineMs * patience} ms`)),
      deadlineMs * patience,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again until `isTrue`, at first every 5 ms, then more rarely; for state that announces itself by no event. */
export async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  deadlineMs: number,
  what: string,
): Promise<void> {
  const endMs = performance.now() + deadlineMs * patience;
  for (let pauseMs = 5; !(await isTrue()); pauseMs = Math.min(pauseMs * 1.2, 40)) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${deadlineMs * patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
