/** The house rule for texts: the command line says nothing to people that does not stand in the catalogue. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSources } from './sources.js';
import { tokensOf } from './tokens.js';

/** Files with words that people do not read, or that stay English, and the reason. */
const others: Readonly<Record<string, string>> = {
  'background.ts': 'its log is English in each language',
  'commands/home/autostart-file.ts': 'files of systemd and launchd',
  'commands/schema.ts': 'the JSON Schema, which programs read',
  'help/man.ts': 'the form of the man page',
  'help/shells.ts': 'scripts of shells',
  'notify/desktop.ts': 'commands of other programs',
  'notify/hooks.ts': 'its log is English in each language',
  'notify/run-program.ts': 'its reasons stand in the log, too',
  'screen/lines.ts': 'the JSON Schema, which programs read',
};

/** Names of commands, which no language translates. */
const commands: ReadonlySet<string> = new Set(['contact accept', 'contact reject']);

const room = 'src/ui/cli/';

/** Two words in small letters that follow one another, outside of the code in a template. */
const isProse = (literal: string): boolean =>
  /(?:^|[^-\w<])[a-z]{2,} [a-z]{2,}/.test(literal.replaceAll(/\$\{[^}]*\}/g, '$')) && !commands.has(literal);

/** Returns the literals of a source that people read. */
const proseIn = (text: string): readonly string[] =>
  tokensOf(text).flatMap((token) =>
    token.kind === 'literal' && isProse(token.text) ? [`${token.line}: ${token.text}`] : [],
  );

describe('texts', () => {
  const sources = readSources().filter(({ path }) => path.startsWith(room));

  test('the command line has its texts from the catalogue', () => {
    const found = sources
      .filter(({ path }) => !Object.hasOwn(others, path.slice(room.length)))
      .flatMap(({ path, text }) => proseIn(text).map((prose) => `${path}:${prose}`));
    assert.deepEqual(found, [], 'put these into src/ui/text/en and src/ui/text/de');
  });

  test('each file that is excepted from the rule for texts needs it', () => {
    const needed = sources.filter(({ text }) => proseIn(text).length > 0).map(({ path }) => path);
    for (const file of Object.keys(others)) assert.ok(needed.includes(`${room}${file}`), file);
  });

  test('the rule for texts bites', () => {
    assert.deepEqual(proseIn("output.note('no peer is known yet');"), ['1: no peer is known yet']);
    assert.deepEqual(proseIn('say(`${count} messages wait`);'), ['1: ${count} messages wait']);
    assert.deepEqual(proseIn("import { a } from './a.js';\noption('--since <time>');"), []);
  });
});
