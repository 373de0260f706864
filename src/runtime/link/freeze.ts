/** Freezes bodies, so that code which changes a body after it was sent throws. */

/** Bytes cannot be frozen; everything else that is plain can. Accessors are left alone: reading one may throw. */
export function deepFreeze(body: unknown): void {
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (!isPlain(value)) continue;
    Object.freeze(value);
    for (const { value: part } of Object.values(Object.getOwnPropertyDescriptors(value))) open.push(part);
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
