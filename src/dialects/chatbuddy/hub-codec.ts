/**
 * The hub of chatbuddy, CentralHub on TCP port 8080: a directory of online users. The bytes of both sides, and the
 * hub's table of users. Pure: the caller owns the sockets and reports idle gaps (`foreignFrames.idleGapMs`).
 *
 *   > 616e6e                       ann              the name, as the first segment; no answer
 *   > 4c495354                     LIST
 *   < 3d3d3d2043757272656e746c79204f6e6c696e65205573657273203d3d3d0a557365726e616d653a20616e6e
 *     0a416464726573733a2031302e302e302e370a2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d0a
 *                                  in one write; the three lines of a user for each, itself included
 *
 * COMPAT name and `LIST` are not delimited: the client leaves a gap after the name, and the hub parts one segment at
 * line ends only. COMPAT the real client reads 1,024 bytes of the list at most; ours reads on until the gap.
 */
import { err, ok, type Result } from 'neverthrow';
import { hubProtocol as limits } from './limits.js';
import type { DialectError } from '../errors.js';
import { openReadFrames } from '../../wire/read-frames.js';
import { boundedName, frameText, malformed, oneLine, tooLong, utf8Bytes } from '../foreign.js';

/** A user in the list of the hub. */
export interface HubUser {
  readonly name: string;
  /** Address of the client's connection, as the hub sees it. */
  readonly address: string;
}

const header = '=== Currently Online Users ===';
const ruler = '-------------------';

/** Encodes the answer to `LIST`. */
export const encodeHubList = (users: readonly HubUser[]): Uint8Array =>
  utf8Bytes(
    `${header}\n${users.map(({ name, address }) => `Username: ${name}\nAddress: ${address}\n${ruler}\n`).join('')}`,
  );

/**
 * Decodes the answer to `LIST`. An incomplete user at the end is left out. Errors: `dialect/malformed` (no header, no
 * UTF-8), `dialect/too-long`.
 */
export function decodeHubList(bytes: Uint8Array): Result<readonly HubUser[], DialectError> {
  if (bytes.length > limits.listBytesMax) return tooLong('chatbuddy', limits.listBytesMax);
  return frameText('chatbuddy', bytes).andThen((text): Result<readonly HubUser[], DialectError> => {
    const lines = text.split(/\r?\n/, 4 * limits.usersMax);
    if (lines[0]?.trim() !== header) return malformed('chatbuddy', 'a list without its header');
    const users: HubUser[] = [];
    let name: string | null = null;
    // The last line has not ended; where it is not empty it may have been cut.
    for (const line of lines.slice(1, -1)) {
      if (line.startsWith('Username: ')) name = boundedName(line.slice('Username: '.length));
      else if (line.startsWith('Address: ') && name !== null) {
        users.push({ name, address: line.slice('Address: '.length).trim() });
        name = null;
      }
    }
    return ok(users);
  });
}

/**
 * Encodes the name, the first write of a client; a pause of more than an idle gap must follow. Errors:
 * `dialect/malformed` (no character is left).
 */
export function encodeHubName(name: string): Result<Uint8Array, DialectError> {
  const line = boundedName(oneLine(name));
  return line === null ? malformed('chatbuddy', 'an empty name') : ok(utf8Bytes(line));
}

/** Encodes the request for the list. */
export const encodeHubListRequest = (): Uint8Array => utf8Bytes('LIST');

/** A request of a client to the hub. */
export type HubRequest = { readonly type: 'joined'; readonly name: string } | { readonly type: 'list-asked' };

/** Reads one client's connection. */
export interface HubListener {
  readonly receive: (bytes: Uint8Array) => Result<readonly HubRequest[], DialectError>;
  /** Reports an idle gap, which ends a segment. */
  readonly idle: () => Result<readonly HubRequest[], DialectError>;
}

/** Opens a listener, which reads nothing more after an error. Errors: `dialect/malformed`. */
export function openHubListener(bytesMax = limits.listBytesMax): HubListener {
  const frames = openReadFrames(bytesMax);
  let hasName = false;
  let failure: DialectError | null = null;

  const hear = (segment: Uint8Array | null): Result<readonly HubRequest[], DialectError> => {
    if (failure !== null || segment === null) return ok([]);
    return frameText('chatbuddy', segment)
      .map((text) => {
        const requests: HubRequest[] = [];
        for (const line of text.split('\n', limits.usersMax)) {
          // Control characters would let a name write lines of its own into the list and the log.
          const words = oneLine(line).trim();
          const name = hasName ? null : boundedName(words);
          if (name !== null) requests.push({ type: 'joined', name });
          else if (words.toUpperCase() === 'LIST') requests.push({ type: 'list-asked' });
          hasName ||= name !== null;
        }
        return requests;
      })
      .mapErr((error) => (failure = error));
  };
  return {
    receive(bytes) {
      const requests: HubRequest[] = [];
      for (const segment of frames.push(bytes)) {
        const heard = hear(segment);
        if (heard.isErr()) return err(heard.error);
        requests.push(...heard.value);
      }
      return ok(requests);
    },
    idle: () => hear(frames.gap()),
  };
}

/** A user with the port of its connection, which distinguishes it from others of its name and address. */
export interface HubMember extends HubUser {
  readonly port: number;
}

/** A user as the hub shows it. */
export interface HubListing extends HubMember {
  /** The name, with the connection beside it where several users have that name. */
  readonly label: string;
}

/** The users of the hub, and its log lines. */
export interface HubTable<Connection> {
  /** Log line of a new connection. */
  connected(address: string, port: number): string;
  /** Adds a user. Returns the log line; `null`: the hub is full and the connection is to be closed. */
  join(connection: Connection, user: HubMember): string | null;
  /** Removes a connection. Returns the log line; `null`: it had no name. Other users of its name stay. */
  leave(connection: Connection): string | null;
  /** Returns the users in order of joining. */
  users(): readonly HubListing[];
  /** Log line of the end. */
  shutDown(): string;
}

interface Joined {
  readonly user: HubMember;
  /**
   * Whether another user had its name when it came: then the log shows its connection, when it comes and when it
   * leaves.
   */
  readonly wasNamesake: boolean;
}

/**
 * Opens an empty table of at most `usersMax` users by connection, so that users of one name are several. The log is
 * that of the program to the letter, except that users of one name are shown with their connections.
 */
export function openHubTable<Connection>(usersMax: number = limits.usersMax): HubTable<Connection> {
  const online = new Map<Connection, Joined>();
  const bearers = (): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    for (const { user } of online.values()) counts.set(user.name, (counts.get(user.name) ?? 0) + 1);
    return counts;
  };
  return {
    connected: (address, port) => `New connection from ${address}:${port}`,
    join(connection, user) {
      if (online.size >= usersMax && !online.has(connection)) return null;
      const wasNamesake = bearers().has(user.name);
      online.set(connection, { user, wasNamesake });
      return `New user '${user.name}'${wasNamesake ? at(user) : ''} has joined.`;
    },
    leave(connection) {
      const joined = online.get(connection);
      if (joined === undefined) return null;
      const { user, wasNamesake } = joined;
      const isNamesake = wasNamesake || bearers().get(user.name) !== 1;
      online.delete(connection);
      return `User '${user.name}'${isNamesake ? at(user) : ''} has disconnected.`;
    },
    users() {
      const counts = bearers();
      return [...online.values()].map(({ user }) => ({
        ...user,
        label: counts.get(user.name) === 1 ? user.name : user.name + at(user),
      }));
    },
    shutDown() {
      online.clear();
      return 'Server shutting down...';
    },
  };
}

const at = ({ address, port }: HubMember): string => ` (${address}:${port})`;
