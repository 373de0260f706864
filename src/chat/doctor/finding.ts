/** A finding of the doctor: one check with its result, the cause and the remedy in words. */

/** The name of a check. Scripts rely on it, so it is neither translated nor renamed. */
export type Check =
  | 'node'
  | 'interfaces'
  | 'tcp-port'
  | 'udp-port'
  | 'loopback'
  | 'broadcast'
  | 'multicast'
  | 'heard'
  | 'firewall'
  | 'vpn'
  | 'isolation'
  | 'clock'
  | 'home'
  | 'peer'
  | 'peer-network'
  | 'peer-udp-in'
  | 'peer-udp-out'
  | 'peer-tcp-out'
  | 'peer-tcp-in'
  | 'peer-clock';

/** The result of one check. */
export interface Finding {
  readonly check: Check;
  /** Whether nothing has to be done. */
  readonly ok: boolean;
  /** The observation, in one sentence. */
  readonly cause: string;
  /** The action; empty where nothing has to be done. */
  readonly remedy: string;
}

/** Makes a result that needs no action. */
export const fine = (check: Check, cause: string): Finding => ({ check, ok: true, cause, remedy: '' });

/** Makes a result that needs an action. */
export const trouble = (check: Check, cause: string, remedy: string): Finding => ({
  check,
  ok: false,
  cause,
  remedy,
});
