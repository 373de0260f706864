/** `id --export` and `id --import`: the own identity as a file under a passphrase, to keep it or to move it. */
import { catalogue } from '../../../text/catalogue.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { homeOf } from '../../../../home/default-home.js';
import {
  installIdentity,
  openIdentity,
  passphraseCharsMin,
  readIdentityFiles,
  sealIdentity,
} from '../../../../home/identity-copy.js';
import { errnoOf, reasonOf } from '../../../../system-errors.js';
import type { CliError } from '../../errors.js';
import { askSecret } from '../../question.js';
import { usage, type RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';

/** Writes the identity of the home to a new file. */
export async function exportIdentity(context: RunContext, file: string): Promise<ExitCode> {
  const { output, world, common } = context;
  const home = homeOf(common.home, world.env);
  if (home.isErr()) return output.failure(home.error);
  const files = readIdentityFiles({
    identityFile: join(home.value, 'identity.json'),
    nextIdentityFile: join(home.value, 'identity-next'),
  });
  if (files.isErr()) return output.failure(files.error);
  const passphrase = await newPassphrase(context);
  if (passphrase.isErr()) return output.failure(passphrase.error);
  try {
    const sealed = sealIdentity(files.value, passphrase.value, world.scryptCost);
    writeFileSync(file, sealed, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const reason = errnoOf(cause) === 'EEXIST' ? catalogue().commands.fileExists : reasonOf(cause);
    return output.failure({ code: 'command/file', file, reason });
  }
  await output.result({ type: 'identity', file }, catalogue().commands.identityWritten(file));
  output.note(catalogue().commands.oneCopy);
  return 0;
}

/** Puts the identity of a file into a home that has none. */
export async function importIdentity(context: RunContext, file: string): Promise<ExitCode> {
  const { output, world, common } = context;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    return output.failure(usage('id', catalogue().commands.cannotBeRead(file, reasonOf(cause))));
  }
  const directory = homeOf(common.home, world.env);
  if (directory.isErr()) return output.failure(directory.error);
  const passphrase = await askSecret(world, catalogue().commands.passphrase, context.stopped);
  if (passphrase === null) return output.failure(notGiven());
  const files = openIdentity(text, passphrase, world.scryptCost);
  if (files.isErr()) return output.failure(usage('id', `${file}: ${files.error}`));
  const installed = installIdentity(directory.value, files.value);
  if (installed.isErr()) return output.failure(installed.error);
  await output.result({ type: 'identity', file }, catalogue().commands.identityRead(file));
  return 0;
}

const notGiven = (): CliError => usage('id', catalogue().commands.noPassphrase);

/** Asks for a passphrase, twice at a terminal. Elsewhere it is the first line of stdin. */
async function newPassphrase({ world, stopped }: RunContext): Promise<Result<string, CliError>> {
  const first = await askSecret(world, catalogue().commands.passphrase, stopped);
  if (first === null) return err(notGiven());
  if (first.length < passphraseCharsMin)
    return err(usage('id', catalogue().commands.passphraseShort(passphraseCharsMin)));
  if (world.stdin.isTTY !== true) return ok(first);
  const second = await askSecret(world, catalogue().commands.again, stopped);
  if (second === null) return err(notGiven());
  return first === second ? ok(first) : err(usage('id', catalogue().commands.passphrasesDiffer));
}
