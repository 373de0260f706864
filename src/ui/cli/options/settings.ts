/**
 * `settings.json` of a home: what its user chose once and for all. Read only when a node is started; written whole,
 * to a new file that then takes the old one's place.
 */
import { err, ok, type Result } from 'neverthrow';
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
  const parsed = (await settingsSchema()).safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `"${issue.path.join('.')}": `;
  return err({ code: 'home/bad-settings', file, detail: `${where}${issue?.message ?? 'wrong'}` });
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

/** Loaded when there is something to check: most commands attach to a node and never come here. */
async function settingsSchema() {
  const { z } = await import('zod');
  const address = z.string().refine(isIpAddress, 'is no IP address');
  const port = z.int().min(0).max(65_535);
  return z.strictObject({
    name: z.string().optional(),
    bind: address.optional(),
    port: port.optional(),
    portStrict: z.boolean().optional(),
    broadcast: z.array(address).optional(),
    beaconPorts: z.array(port.min(1)).min(1).optional(),
    beaconIntervalSeconds: z.number().min(0.1).max(cli.beaconIntervalSecondsMax).optional(),
    maxConnections: z.int().min(1).max(cli.maxConnectionsMax).optional(),
    dialects: z.array(z.enum(dialectNames)).optional(),
    secureOnly: z.boolean().optional(),
    listen: z.array(z.string().refine((word) => parseListen(word).isOk(), 'is no DIALECT=PORT')).optional(),
    greet: z.array(z.string().refine((word) => parseGreet(word).isOk(), 'is no IP:PORT')).optional(),
    sendTimeoutMs: z.int().min(0).max(cli.timeoutMsMax).optional(),
    logLevel: z.enum(logLevels).optional(),
    logFile: z.string().min(1).optional(),
  });
}
