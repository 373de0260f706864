/** The language that the user chose: `--lang`, else `PARLANCE_LANG`, the settings of the home, or the system. */
import { homeOf } from '../../../home/default-home.js';
import { languageOf, languageOfSystem, type Language } from '../../text/languages.js';
import { readFields } from './settings-file.js';
import { optionOf, settings } from './settings.js';
import { flag, parseWord } from './values.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Finds the language before the command line is parsed, since its help is made of texts. `--json` is English in any
 * case, for the programs that read it.
 */
export function languageFor(args: readonly string[], env: Env): Language {
  const end = args.indexOf('--');
  const words = end === -1 ? args : args.slice(0, end);
  const isJson = parseWord(flag, env[settings.json.variable] ?? '').unwrapOr(false);
  if (isJson || words.includes(optionOf(settings.json))) return 'en';
  const given = valueOf(words, optionOf(settings.lang)) ?? env[settings.lang.variable] ?? '';
  return languageOf(given) ?? storedIn(valueOf(words, optionOf(settings.home)), env) ?? languageOfSystem(env);
}

/** Returns the language in the settings of the home; null: they name none. */
function storedIn(home: string | undefined, env: Env): Language | null {
  const stored = homeOf(home, env)
    .andThen((directory) => readFields(directory))
    .map((fields) => fields['lang'])
    .unwrapOr(null);
  return typeof stored === 'string' ? languageOf(stored) : null;
}

/** Returns the last value of an option: `--lang de` or `--lang=de`. */
function valueOf(words: readonly string[], option: string): string | undefined {
  const at = words.findLastIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[at];
  if (word === undefined) return undefined;
  return word === option ? words[at + 1] : word.slice(option.length + 1);
}
