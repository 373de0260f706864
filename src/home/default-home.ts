/** Finds the home that a command means: `--home`, else `PARLANCE_HOME`, else the data directory of the platform. */
import { isAbsolute, join, resolve } from 'node:path';
import { userInfo } from 'node:os';
import { err, ok, type Result } from 'neverthrow';
import type { HomeError } from './errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Facts about the machine that decide the default. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** The home directory of the user as the system knows it; `null`: it knows none. */
  readonly userDirectory: () => string | null;
}

const here: Machine = {
  platform: process.platform,
  userDirectory() {
    try {
      return userInfo().homedir;
    } catch {
      // A container may run under a user id without an entry.
      return null;
    }
  },
};

/** Returns the directory of the home. Errors: `home/unusable` where nothing tells a place for it. */
export function homeOf(
  flag: string | undefined,
  env: Env,
  machine: Machine = here,
): Result<string, HomeError> {
  const wanted = flag ?? env['PARLANCE_HOME'] ?? '';
  if (wanted !== '') return ok(resolve(wanted));
  const data = dataDirectory(env, machine);
  if (data !== null) return ok(data);
  const reason = 'HOME is not an absolute path, and the system knows no home directory of this user';
  return err({ code: 'home/unusable', home: 'the default home', reason });
}

/** Returns the data directory of the platform. A relative path in a variable is ignored: it would depend on the caller. */
function dataDirectory(env: Env, machine: Machine): string | null {
  if (machine.platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? '';
    const user = userDirectoryOf({ HOME: env['USERPROFILE'] }, machine);
    const base = local === '' ? (user === null ? null : join(user, 'AppData', 'Local')) : local;
    return base === null ? null : join(base, 'parlance', 'Data');
  }
  const shared = env['XDG_DATA_HOME'] ?? '';
  if (machine.platform !== 'darwin' && isAbsolute(shared)) return join(shared, 'parlance');
  const user = userDirectoryOf(env, machine);
  if (user === null) return null;
  return machine.platform === 'darwin'
    ? join(user, 'Library', 'Application Support', 'parlance')
    : join(user, '.local', 'share', 'parlance');
}

function userDirectoryOf({ HOME = '' }: Env, machine: Machine): string | null {
  const directory = isAbsolute(HOME) ? HOME : machine.userDirectory();
  return directory !== null && isAbsolute(directory) ? directory : null;
}
