/** Jobs for the tests of the pool. */
import { threadId } from 'node:worker_threads';

export const square = (n: number): number => n * n;
export const where = (): number => threadId;
export const fail = (): never => {
  throw new Error('failed on purpose');
};
export const spin = (): never => {
  for (;;);
};
export const quit = (): never => process.exit(9);
export const length = (bytes: Uint8Array): number => bytes.byteLength;
