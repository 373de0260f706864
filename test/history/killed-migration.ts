/** A process that upgrades the history named by its argument and is killed when all statements ran, before the commit. */
import { openSql } from '../../src/actors/history/sql.js';
import { migrate, migrations } from '../../src/actors/history/schema.js';

const [file = ''] = process.argv.slice(2);
const sql = openSql(file);
sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
const steps = [...migrations];
Object.defineProperty(steps, steps.length, {
  get: (): string => {
    process.kill(process.pid, 'SIGKILL');
    return '';
  },
});
migrate(sql, steps);
