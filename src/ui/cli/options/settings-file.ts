/**
 * The file `settings.json` of a home: lasting choices of its user. A node reads it at its start. A change writes a new
 * file that replaces the old one. Keys of other versions stay in the file.
 */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory } from '../../../home/directory.js';
import { writePrivate } from '../../../home/private-file.js';
import { errnoOf, reasonOf } from '../../../system-errors.js';
import type { HomeError } from '../../../index.js';
import { readRecord } from '../../api/reading.js';
import { cli } from '../limits.js';
import { settingsOf, storedRows, type NodeSettings } from './settings.js';
import { readValue } from './values.js';

/** Name of the file in the home. */
export const settingsFileName = 'settings.json';

/** The settings file, parsed. */
export interface StoredSettings {
  readonly file: string;
  readonly settings: NodeSettings;
  /** All values of known keys. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys that this version does not know: they have no effect and stay in the file. */
  readonly unknownKeys: readonly string[];
}

/** Reads the file; empty without a file. Errors: `home/bad-settings` for a wrong value of a known key, and without JSON. */
export function readSettings(home: string): Result<StoredSettings, HomeError> {
  const file = join(home, settingsFileName);
  return readFields(home).andThen((fields): Result<StoredSettings, HomeError> => {
    const known = new Map(storedRows);
    for (const [key, value] of Object.entries(fields)) {
      const kind = known.get(key)?.kind;
      const problem = kind === undefined ? ok(null) : readValue(kind, value);
      if (problem.isErr()) return err(badSettings(home, `"${key}": ${problem.error}`));
    }
    const keys = Object.keys(fields);
    const stored = Object.fromEntries(Object.entries(fields).filter(([key]) => known.has(key)));
    return ok({
      file,
      settings: settingsOf(stored),
      values: stored,
      // An editor finds the schema of the file by this key.
      unknownKeys: keys.filter((key) => !known.has(key) && key !== '$schema'),
    });
  });
}

/** Changes the given keys and keeps the rest of the file. It makes a missing home. Errors: `home/…`. */
export const changeSettings = (home: string, changed: NodeSettings): Result<null, HomeError> =>
  editSettings(home, changed).map(() => null);

/** Changes values by key; `undefined` removes the key. Returns all fields of the file. Errors: as `changeSettings`. */
export function editSettings(
  home: string,
  changed: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, unknown>>, HomeError> {
  return readFields(home).andThen((fields) => {
    const edited = { ...fields, ...changed };
    return ensureDirectory(home).andThen(() =>
      writePrivate(join(home, settingsFileName), `${JSON.stringify(edited, null, 2)}\n`)
        .map(() => edited)
        .mapErr((reason): HomeError => ({ code: 'home/unusable', home, reason })),
    );
  });
}

/** Reads the JSON object of the file with any keys. Errors: `home/bad-settings`. */
export function readFields(home: string): Result<Readonly<Record<string, unknown>>, HomeError> {
  const text = textOf(join(home, settingsFileName));
  if (text.isErr()) return err(badSettings(home, text.error));
  if (text.value === null) return ok({});
  try {
    const fields = readRecord(JSON.parse(text.value));
    return fields === null ? err(badSettings(home, catalogue().values.notJsonObject)) : ok(fields);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.split('\n')[0] : undefined;
    return err(badSettings(home, detail ?? catalogue().values.notJson));
  }
}

const badSettings = (home: string, detail: string): HomeError => ({
  code: 'home/bad-settings',
  file: join(home, settingsFileName),
  detail,
});

/** Reads the text of the file; `null` without a file or a home. */
function textOf(file: string): Result<string | null, string> {
  try {
    if (statSync(file).size > cli.settingsBytesMax)
      return err(catalogue().values.fileLonger(cli.settingsBytesMax));
    return ok(readFileSync(file, 'utf8'));
  } catch (cause) {
    return ['ENOENT', 'ENOTDIR'].includes(errnoOf(cause)) ? ok(null) : err(reasonOf(cause));
  }
}
