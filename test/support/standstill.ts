/** As for a process that was stopped and goes on: no timer fires and no port is read for so long. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
