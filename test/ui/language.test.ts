/** The languages of the program: a whole translation, its placeholders, and the choice of one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test, type TestContext } from 'node:test';
import { languageFor } from '../../src/ui/cli/options/language.js';
import { englishDoctor } from '../../src/chat/doctor/english.js';
import { chooseLanguage } from '../../src/ui/text/catalogue.js';
import { german } from '../../src/ui/text/de/german.js';
import { english } from '../../src/ui/text/en/english.js';
import { testMsMax } from '../support/deadline.js';
import { fakeWorld } from '../support/fake-world.js';

const options = { timeout: testMsMax };
const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => chooseLanguage('en'));

/** A text of a catalogue by its path, such as `prompt.here`. */
type Leaf = readonly [path: string, text: unknown];

const leavesOf = (part: unknown, path: string): readonly Leaf[] =>
  // A list of words that mean one thing is as long as the language has them.
  typeof part === 'object' && part !== null && !path.endsWith('Words')
    ? Object.entries(part).flatMap(([key, value]) => leavesOf(value, `${path}.${key}`))
    : [[path.slice(1), part]];

/** A value that every text can hold: it reads as a number, a text or a list, and each of its fields is another one. */
function anything(name: string, value: number): unknown {
  const known: Readonly<Record<PropertyKey, unknown>> = {
    [Symbol.toPrimitive]: () => value,
    toString: () => String(value),
    join: () => String(value),
    map: () => [value],
    length: 2,
  };
  return new Proxy(known, {
    get: (_target, field) => {
      if (field in known) return known[field];
      const text = String(value);
      const method: unknown = Reflect.get(Object(text), field);
      if (typeof method === 'function') return method.bind(text) as unknown;
      return anything(`${name}.${String(field)}`, valueOf(`${name}.${String(field)}`));
    },
  });
}

/** A number of three digits for each name. */
const valueOf = (name: string): number =>
  100 + Array.from(name).reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 900, 7);

/** The values that a text shows of what it is given. */
function shownBy(text: unknown): readonly string[] {
  if (typeof text !== 'function') return [];
  const given = Array.from({ length: text.length }, (_, at) => anything(String(at), valueOf(String(at))));
  const made: unknown = Reflect.apply(text, undefined, given);
  // A failure is three sentences; everything else is one text.
  const words =
    typeof made === 'object' && made !== null && 'what' in made
      ? Object.values(made)
          .map((each) => String(each))
          .join(' ')
      : String(made);
  return [...words.matchAll(/\d{3}/g)].map(([digits]) => digits).toSorted();
}

/** Both catalogues with the words of the doctor, which has the English ones itself. */
const englishTexts = { ...english, doctor: englishDoctor };
const germanTexts = { ...german, doctor: german.doctor() };

test('both languages have the same keys, and each text in both is a text', () => {
  const [all, translated] = [leavesOf(englishTexts, ''), leavesOf(germanTexts, '')];
  assert.deepEqual(
    translated.map(([path]) => path),
    all.map(([path]) => path),
  );
  for (const [path, text] of translated) assert.notEqual(text, '', path);
});

test('a translation shows each value that the English text shows', () => {
  const translated = new Map(leavesOf(germanTexts, ''));
  // Each language writes numbers and points in time in its own form.
  for (const [path, text] of leavesOf(englishTexts, '').filter(([name]) => !name.startsWith('formats.')))
    assert.deepEqual(new Set(shownBy(translated.get(path))), new Set(shownBy(text)), path);
});

test('German writes umlauts as themselves, and no sentence is left in English', () => {
  for (const [path, text] of leavesOf(germanTexts, '')) {
    const said = String(text);
    assert.doesNotMatch(said, /\b(the|and|with|peer is|message is)\b/, path);
    assert.doesNotMatch(said, /\b(fuer|ueber|pruef|oeffn|waehl|schluessel|aelter)/i, path);
  }
});

const home = (settings: object): string => {
  const made = mkdtempSync(join(folder, 'home-'));
  writeFileSync(join(made, 'settings.json'), JSON.stringify(settings));
  return made;
};

test('the language is that of the flag, the variable, the settings or the system, in this order', () => {
  const PARLANCE_HOME = home({ lang: 'de' });
  const empty = home({});
  const rows: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
    ['de', ['--lang', 'de'], { PARLANCE_LANG: 'en', PARLANCE_HOME: empty }],
    ['en', ['send', 'bob', '--lang=en'], { PARLANCE_LANG: 'de', PARLANCE_HOME }],
    ['de', ['peers'], { PARLANCE_LANG: 'de_AT.UTF-8', PARLANCE_HOME: empty }],
    ['en', ['peers'], { PARLANCE_LANG: 'en', PARLANCE_HOME }],
    ['de', ['peers'], { LANG: 'en_GB.UTF-8', PARLANCE_HOME }],
    ['en', ['peers', '--home', empty], { LANG: 'C', PARLANCE_HOME }],
    ['de', ['peers'], { LANG: 'de_DE.UTF-8', PARLANCE_HOME: empty }],
    ['de', ['peers'], { LC_MESSAGES: 'de_CH', LANG: 'en_US', PARLANCE_HOME: empty }],
    ['en', ['peers'], { LC_ALL: 'C', LC_MESSAGES: 'de_CH', LANG: 'de_DE', PARLANCE_HOME: empty }],
    ['en', ['peers'], { LANG: 'fr_FR.UTF-8', PARLANCE_HOME: empty }],
    ['en', ['peers'], { LANG: 'C.UTF-8', PARLANCE_HOME: empty }],
    ['en', ['peers'], { PARLANCE_HOME: empty }],
    // Words after `--` are text.
    ['en', ['send', 'bob', '--', '--lang', 'de'], { PARLANCE_HOME: empty }],
  ];
  for (const [expected, args, env] of rows)
    assert.equal(languageFor(args, env), expected, `${args.join(' ')} ${JSON.stringify(env)}`);
});

test('--json is English in every language', () => {
  const PARLANCE_HOME = home({ lang: 'de' });
  assert.equal(languageFor(['peers', '--json', '--lang', 'de'], { LANG: 'de_DE', PARLANCE_HOME }), 'en');
  assert.equal(languageFor(['peers'], { PARLANCE_JSON: '1', LANG: 'de_DE', PARLANCE_HOME }), 'en');
});

async function said(context: TestContext, ...args: string[]): Promise<string> {
  const it = fakeWorld();
  context.after(() => it.remove());
  await it.run(...args);
  return it.stdout.text + it.stderr.text;
}

test('a command line in German is answered in German, the next one in English', options, async (context) => {
  assert.match(await said(context, 'help', '--lang', 'de'), /in dieser Sprache mit dir sprechen/);
  assert.match(await said(context, 'help'), /talk to you in this language/);
});

test('a language that is not known is refused', options, async (context) => {
  assert.match(await said(context, 'peers', '--lang', 'xx'), /a language is one of en, de, not "xx"/);
});
