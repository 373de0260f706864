/** Blocks like a stopped process: no timer fires and no port is read for `ms`. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
