// Writes the tables of README.md that the code defines: settings, NDJSON lines, routes of the local API. Needs a build.
// With --check nothing is written: exit 1 where a table is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { getDescription } from 'valibot';
import { nodeEvents } from '../dist/src/index.js';
import { methods, streams } from '../dist/src/ui/api/methods.js';
import { helpOf } from '../dist/src/ui/cli/options/common-options.js';
import { rows } from '../dist/src/ui/cli/options/settings.js';
import { commandLines } from '../dist/src/ui/cli/screen/lines.js';

const readme = new URL('../README.md', import.meta.url);

const code = (word) => (word === '' ? '' : `\`${word}\``);
const cell = (text) => text.replaceAll('|', '\\|');
const table = (head, body) =>
  [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

const settingsTable = () =>
  table(
    ['option', 'variable', 'key in `settings.json`', 'meaning'],
    rows.map(([key, row]) => [
      code(row.flag ?? ''),
      code(row.variable),
      code(row.isStored ? key : ''),
      helpOf(key, row),
    ]),
  );

const fieldsOf = (schema) =>
  Object.entries(schema.entries)
    .filter(([name]) => name !== 'type')
    .map(([name, entry]) => code(entry.type === 'exact_optional' ? `${name}?` : name))
    .join(' ');

const linesTable = () =>
  table(
    ['`type`', 'fields', 'meaning'],
    Object.values({ ...nodeEvents, ...commandLines }).map((schema) => [
      code(schema.entries.type.literal),
      fieldsOf(schema),
      getDescription(schema) ?? '',
    ]),
  );

const routesTable = () =>
  table(
    ['route', 'takes', 'does'],
    [...Object.values(methods), ...Object.values(streams)].map(({ verb, path, takes, reads, does }) => {
      const lines = reads ? ` NDJSON: ${fieldsOf(reads)}` : '';
      return [code(`${verb} ${path}`), `${fieldsOf(takes)}${lines}`, does];
    }),
  );

const tables = { settings: settingsTable(), lines: linesTable(), routes: routesTable() };

const before = readFileSync(readme, 'utf8');
let after = before;
for (const [name, text] of Object.entries(tables)) {
  const [begin, end] = [`<!-- table: ${name} -->`, '<!-- end of table -->'];
  const from = after.indexOf(begin);
  const to = after.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`README.md has no place for the table ${name}`);
  after = `${after.slice(0, from + begin.length)}\n\n${text}\n\n${after.slice(to)}`;
}

if (!process.argv.includes('--check')) writeFileSync(readme, after);
else if (before !== after) {
  process.stderr.write('README.md: the tables are out of date; run "npm run build && node .ci/tables.mjs"\n');
  process.exitCode = 1;
}
