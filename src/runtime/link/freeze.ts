/** Freezes bodies, so that code which changes a body after it was sent throws. */

/** Bytes cannot be frozen; everything else that is plain can. */
export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}
