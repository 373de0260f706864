/**
 * Loaded before a program (`--import`): its wall clock is off by as many ms as stand in the file that
 * `SHIFTED_CLOCK_FILE` names, in every thread, and jumps when the file changes. The monotonic clock is left alone.
 */
import { readFileSync } from 'node:fs';

const file = process.env['SHIFTED_CLOCK_FILE'] ?? '';
const TrueDate = Date;

function offsetMs(): number {
  const offset = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return Number.isNaN(offset) ? 0 : offset;
}

class ShiftedDate extends TrueDate {
  constructor(...args: readonly [] | readonly [number | string | Date]) {
    super(args[0] ?? ShiftedDate.now());
  }

  static override now(): number {
    return TrueDate.now() + offsetMs();
  }
}

Object.defineProperty(globalThis, 'Date', { value: ShiftedDate, configurable: true, writable: true });
