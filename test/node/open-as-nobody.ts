/**
 * Opens each home that it is given, as a user who owns nothing, and prints the reasons why not. The user changes only
 * when all modules are loaded: the new one may not be allowed to enter the folder of this clone (T1).
 */
import { openHome } from '../../src/home/home.js';

export const nobody = 65_534;

if (process.argv[1] === import.meta.filename) {
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
  const reasons = process.argv.slice(2).map((path) =>
    openHome(path).match(
      (home) => `opened ${home.directory}`,
      (error) => ('reason' in error ? `${error.code}: ${error.reason}` : error.code),
    ),
  );
  process.stdout.write(JSON.stringify(reasons));
}
