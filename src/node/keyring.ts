/** The identity of a running node, whose static key is replaced once it is old. */
import type { Vault } from '../chat/people/vault.js';
import type { Home } from '../home/home.js';
import { renewStaticKey } from '../home/identity-file.js';
import type { Log } from '../runtime/tree/spec.js';

/** The identity, and its renewal. */
export interface Keyring {
  /** The identity as it is now. */
  identity(): Vault;
  /** Replaces an old static key. Null: the disk refused; the old key serves on, and a later call tries again. */
  renew(): Vault | null;
}

/** Starts with the identity that was loaded. */
export function openKeyring(home: Home, loaded: Vault, log: Log): Keyring {
  let current = loaded;
  return {
    identity: () => current,
    renew() {
      const renewed = renewStaticKey(home, current, Date.now());
      if (renewed.isErr()) {
        log('warn', 'session-key-not-renewed', { ...renewed.error });
        return null;
      }
      current = renewed.value;
      return current;
    },
  };
}
