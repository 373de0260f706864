/**
 * `settings.json` of a home: what its user chose once and for all. Read only when a node is started; written whole,
 * to a new file that then takes the old one's place.
 */
import { err, ok, type Result } from 'neverthrow';
import * as v from 'valibot';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, writePrivate } from '../../../home/private-file.js';
import { errnoOf, reasonOf } from '../../../system-errors.js';
import { isIpAddress, type HomeError } from '../../../index.js';
import { cli } from '../limits.js';
import { dialectNames, logLevels, parseGreet, parseListen, type NodeSettings } from './options.js';

const fileName = 'settings.json';

/** Empty where there is no file. Errors: `home/bad-settings`. */
export async function readSettings(home: string): Promise<Result<NodeSettings, HomeError>> {
  const file = join(home, fileName);
  const text = textOf(file);
  if (text.isErr()) return err({ code: 'home/bad-settings', file, detail: text.error });
  if (text.value === null) return ok({});
  let json: unknown;
  try {
    json = JSON.parse(text.value);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.split('\n')[0] : 'no JSON';
    return err({ code: 'home/bad-settings', file, detail: detail ?? 'no JSON' });
  }
  if (Array.isArray(json))
    return err({ code: 'home/bad-settings', file, detail: 'this is not a JSON object' });
  const parsed = v.safeParse(settingsSchema, json, { abortEarly: true });
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  return err({
    code: 'home/bad-settings',
    file,
    detail: `${path === null ? '' : `"${path}": `}${issue.message}`,
  });
}

/** Errors: `home/unusable`. Makes the home where there is none. */
export function writeSettings(home: string, settings: NodeSettings): Result<null, HomeError> {
  const file = join(home, fileName);
  return makeDirectory(home)
    .andThen(() => writePrivate(file, `${JSON.stringify(settings, null, 2)}\n`))
    .map(() => null)
    .mapErr((reason): HomeError => ({ code: 'home/unusable', home, reason }));
}

/** `null` where there is no file (or no home yet). */
function textOf(file: string): Result<string | null, string> {
  try {
    if (statSync(file).size > cli.settingsBytesMax) return err(`longer than ${cli.settingsBytesMax} bytes`);
    return ok(readFileSync(file, 'utf8'));
  } catch (cause) {
    return ['ENOENT', 'ENOTDIR'].includes(errnoOf(cause)) ? ok(null) : err(reasonOf(cause));
  }
}

const listOf = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.readonly());
const address = v.pipe(v.string(), v.check(isIpAddress, 'is not an IP address'));
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));

const settingsSchema = v.strictObject({
  name: v.exactOptional(v.string()),
  bind: v.exactOptional(address),
  port: v.exactOptional(port),
  portStrict: v.exactOptional(v.boolean()),
  broadcast: v.exactOptional(listOf(address)),
  beaconPorts: v.exactOptional(v.pipe(listOf(v.pipe(port, v.minValue(1))), v.nonEmpty())),
  beaconIntervalSeconds: v.exactOptional(
    v.pipe(v.number(), v.minValue(0.1), v.maxValue(cli.beaconIntervalSecondsMax)),
  ),
  maxConnections: v.exactOptional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(cli.maxConnectionsMax)),
  ),
  dialects: v.exactOptional(listOf(v.picklist(dialectNames))),
  secureOnly: v.exactOptional(v.boolean()),
  listen: v.exactOptional(
    listOf(
      v.pipe(
        v.string(),
        v.check((word) => parseListen(word).isOk(), 'is not DIALECT=PORT'),
      ),
    ),
  ),
  greet: v.exactOptional(
    listOf(
      v.pipe(
        v.string(),
        v.check((word) => parseGreet(word).isOk(), 'is not IP:PORT'),
      ),
    ),
  ),
  sendTimeoutMs: v.exactOptional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(cli.timeoutMsMax)),
  ),
  logLevel: v.exactOptional(v.picklist(logLevels)),
  logFile: v.exactOptional(v.pipe(v.string(), v.nonEmpty())),
});
