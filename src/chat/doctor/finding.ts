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
  /** The action in words, with its command; empty where nothing has to be done. */
  readonly remedy: string;
  /** The command within `remedy`, as it can be copied into a shell; empty: the remedy has none. */
  readonly command: string;
}

/** An action with a command. */
export type Remedy = Pick<Finding, 'remedy' | 'command'>;

/** Makes a result that needs no action. */
export const fine = (check: Check, cause: string): Finding => ({
  check,
  ok: true,
  cause,
  remedy: '',
  command: '',
});

/** Makes a result that needs an action. */
export const trouble = (check: Check, cause: string, remedy: string | Remedy): Finding => ({
  check,
  ok: false,
  cause,
  ...(typeof remedy === 'string' ? { remedy, command: '' } : remedy),
});

/** Makes the remedy of a command: the command between words. */
export const commandRemedy = (before: string, command: string, after = ''): Remedy => ({
  remedy: `${before}${command}${after}`,
  command,
});
