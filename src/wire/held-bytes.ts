/** The part of a frame that has arrived: grows by doubling, so that single bytes cost no array each. Layer wire. */
export interface HeldBytes {
  readonly size: () => number;
  /** Copies the bytes, since the reader of the socket reuses its window. The caller bounds the size. */
  append(bytes: Uint8Array): void;
  /** Removes the first `count` bytes and returns them as an array of exactly their size. */
  take(count: number): Uint8Array;
  /** Returns a view of the held bytes, valid until the next call. */
  peek(): Uint8Array;
}

/** Opens an empty store. */
export function openHeldBytes(): HeldBytes {
  let store = new Uint8Array(0);
  let size = 0;
  return {
    size: () => size,
    append(bytes) {
      if (size + bytes.length > store.length) {
        const larger = new Uint8Array(Math.max(smallestStoreBytes, 2 * (size + bytes.length)));
        larger.set(store.subarray(0, size));
        store = larger;
      }
      store.set(bytes, size);
      size += bytes.length;
    },
    take(count) {
      const taken = store.slice(0, Math.min(count, size));
      store.copyWithin(0, taken.length, size);
      size -= taken.length;
      if (size === 0) store = new Uint8Array(0);
      return taken;
    },
    peek: () => store.subarray(0, size),
  };
}

/** A short message fits at once. */
const smallestStoreBytes = 256;
