/** `parlance config`: the settings file of the home. It needs no node. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { err, ok, type Result } from 'neverthrow';
import { join } from 'node:path';
import { catalogue } from '../../text/catalogue.js';
import { escapeForTerminal } from '../../../index.js';
import { homeOf } from '../../../home/default-home.js';
import { unreachable } from '../../../exhaustive.js';
import type { CliError } from '../errors.js';
import { defaultWords, effectOf, rows, storedRows, type Setting } from '../options/settings.js';
import { editSettings, readFields, settingsFileName } from '../options/settings-file.js';
import { nearestKey } from '../options/suggestion.js';
import { parseWord, readValue } from '../options/values.js';
import type { ConfigVerb } from '../options/verbs.js';
import { usage, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

/** Arguments of `config`. */
export interface ConfigOptions {
  readonly verb: ConfigVerb;
  readonly key: string | null;
  /** Words of the value. */
  readonly words: readonly string[];
}

/** Key of the schema that an editor finds in the file. */
const schemaKey = '$schema';

type Row = readonly [string, Setting];
type Fields = Readonly<Record<string, unknown>>;

/** A setting as it is in effect. */
interface InEffect {
  readonly type: 'setting';
  readonly key: string;
  readonly value: unknown;
  readonly source: 'environment' | 'file' | 'default';
}

/** Runs one verb of `config`. */
export async function config(context: RunContext, options: ConfigOptions): Promise<ExitCode> {
  const { output, world, common } = context;
  const { verb, key, words } = options;
  const surplus = surplusOf(options);
  if (surplus !== undefined)
    return output.failure(usage('config', catalogue().config.takesNo(verb, escapeForTerminal(surplus))));
  if (verb === 'schema') {
    const schema = settingsSchema();
    await output.result(schema, JSON.stringify(schema, null, 2));
    return 0;
  }
  const found = homeOf(common.home, world.env);
  if (found.isErr()) return output.failure(found.error);
  const home = found.value;
  const file = join(home, settingsFileName);
  if (verb === 'path') {
    await output.result({ type: 'settings', file }, file);
    return 0;
  }
  const row = key === null ? null : rowOf(key);
  if (row !== null && row.isErr()) return output.failure(usage('config', row.error));
  const fields = readFields(home);
  if (fields.isErr()) return output.failure(fields.error);
  switch (verb) {
    case 'get':
      return get(context, row === null ? storedRows : [row.value], fields.value, row !== null);
    case 'check':
      return check(context, fields.value, file);
    case 'set':
    case 'unset':
      if (row === null) return output.failure(usage('config', catalogue().config.keyMissing(verb)));
      return change(context, home, row.value, verb === 'unset' ? null : words);
    default:
      return unreachable(verb);
  }
}

/** Returns the first word that the verb does not take. */
function surplusOf({ verb, key, words }: ConfigOptions): string | undefined {
  if (verb === 'set') return undefined;
  return verb === 'get' || verb === 'unset' ? words[0] : (key ?? words[0]);
}

/** Finds the row of a key. Errors: a sentence that names the nearest key. */
function rowOf(key: string): Result<Row, string> {
  const row = storedRows.find(([name]) => name === key);
  if (row !== undefined) return ok(row);
  const other = rows.find(([name]) => name === key)?.[1];
  if (other !== undefined) {
    const option = other.flag === null ? '' : `${other.flag} or `;
    return err(catalogue().config.cannotBeSet(key, settingsFileName, option, other.variable));
  }
  const near = nearestKey(key);
  const hint = near === null ? catalogue().config.getLists : catalogue().config.meant(near);
  return err(catalogue().config.noSetting(key, hint));
}

async function get(
  { output, world }: RunContext,
  chosen: readonly Row[],
  fields: Fields,
  isOne: boolean,
): Promise<ExitCode> {
  const values = chosen.map(([key, row]) => inEffect(key, row, fields, world.env));
  const width = Math.max(...chosen.map(([key]) => key.length));
  const lines = values.map(({ key, value, source }, at) => {
    const word = escapeForTerminal(wordOf(value, chosen[at]?.[1].kind));
    return isOne ? word : `${key.padEnd(width)}  ${word === '' ? '-' : word}  (${source})`;
  });
  await output.results(values, lines);
  const [only] = chosen;
  const words = only === undefined ? undefined : defaultWords(...only);
  if (isOne && values[0]?.value === null && only !== undefined && words !== undefined)
    output.note(catalogue().config.isNotSet(only[0], words));
  return 0;
}

function inEffect(key: string, row: Setting, fields: Fields, env: RunContext['world']['env']): InEffect {
  const word = env[row.variable];
  const given = word === undefined ? null : parseWord(row.kind, word).unwrapOr(null);
  if (given !== null) return { type: 'setting', key, value: given, source: 'environment' };
  const isStored = Object.hasOwn(fields, key) && readValue(row.kind, fields[key]).isOk();
  return isStored
    ? { type: 'setting', key, value: fields[key], source: 'file' }
    : { type: 'setting', key, value: row.default, source: 'default' };
}

/** Returns a value as it can be given to `config set`. */
function wordOf(value: unknown, kind?: Setting['kind']): string {
  if (value === null || value === undefined) return '';
  if (kind?.toWord !== undefined) return kind.toWord(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((each) => wordOf(each)).join(',');
  return JSON.stringify(value);
}

async function change(
  { output, world }: RunContext,
  home: string,
  [key, row]: Row,
  words: readonly string[] | null,
): Promise<ExitCode> {
  const value = words === null ? ok(undefined) : valueOf(row, words);
  if (value.isErr()) return output.failure(usage('config', `${key}: ${value.error}`));
  const changed = editSettings(home, { [key]: value.value });
  if (changed.isErr()) return output.failure(changed.error);
  const now = inEffect(key, row, changed.value, world.env);
  await output.result(now, `${key} = ${escapeForTerminal(wordOf(now.value, row.kind))}`);
  if (now.source === 'environment') output.note(catalogue().config.variableOverrides(row.variable));
  else if (row.when === 'start') output.note(catalogue().config.keepsOld);
  return 0;
}

/** Reads the words of a value; a JSON array is read as such. Errors: a sentence. */
function valueOf({ kind }: Setting, words: readonly string[]): Result<unknown, string> {
  if (words.length === 0) return err(catalogue().config.valueMissing);
  const text = words.join(' ');
  // A list that is given as several words is joined as the option joins it.
  const isList = 'each' in kind && !text.startsWith('[');
  return text.startsWith('[') && isJson(text)
    ? readValue(kind, JSON.parse(text))
    : parseWord(kind, isList ? words.join(',') : text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Names every wrong value and every unknown key. Exit codes: 78 where a value is wrong. */
async function check({ output }: RunContext, fields: Fields, file: string): Promise<ExitCode> {
  const problems: CliError[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (key === schemaKey) continue;
    const kind = storedRows.find(([name]) => name === key)?.[1].kind;
    const problem = kind === undefined ? ok(null) : readValue(kind, value);
    if (problem.isErr())
      problems.push({ code: 'home/bad-settings', file, detail: `"${key}": ${problem.error}` });
    if (kind !== undefined) continue;
    const near = nearestKey(key);
    const hint = near === null ? '' : catalogue().config.orMeant(near);
    output.note(catalogue().config.unknownSetting(escapeForTerminal(key), hint));
  }
  let exit: ExitCode = 0;
  for (const problem of problems) exit = await output.failure(problem);
  if (exit === 0) await output.result({ type: 'settings', file }, catalogue().config.nothingWrong(file));
  return exit;
}

/** Returns the JSON Schema of the settings file, from the table of settings. */
export function settingsSchema() {
  const properties: Readonly<Record<string, object>> = Object.fromEntries(
    storedRows.map(([key, row]) => {
      const { kind, default: standard } = row;
      const does = effectOf(key);
      const shown = defaultWords(key, row);
      const schema = toJsonSchema(kind.schema, {
        errorMode: 'ignore',
        target: 'draft-2020-12',
        ignoreActions: ['readonly', 'check'],
      });
      const { $schema: _dialect, ...rest } = schema;
      const described = {
        ...rest,
        description: shown === undefined ? does : catalogue().settings.withDefault(does, shown),
      };
      return [key, standard === null ? described : { ...described, default: standard }];
    }),
  );
  return {
    type: 'object',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: catalogue().config.schemaTitle(settingsFileName),
    description: catalogue().config.unknownKept,
    properties,
  } as const;
}
