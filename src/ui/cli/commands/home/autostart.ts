/** `service install|remove|status`: lets the service manager of the user start the node of the home. */
import { catalogue } from '../../../text/catalogue.js';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { homeOf } from '../../../../home/default-home.js';
import { unreachable } from '../../../../exhaustive.js';
import { reasonOf } from '../../../../system-errors.js';
import type { CliError } from '../../errors.js';
import { runProgram } from '../../notify/run-program.js';
import type { ServiceVerb } from '../../options/verbs.js';
import { usage, type RunContext } from '../../run.js';
import type { ExitCode } from '../../screen/wording.js';
import { serviceFile, type ServiceFile } from './autostart-file.js';

/** Runs one verb. `isPrinted`: the file is printed, and nothing is changed. */
export async function service(context: RunContext, verb: ServiceVerb, isPrinted: boolean): Promise<ExitCode> {
  const { output, world, common } = context;
  const home = homeOf(common.home, world.env);
  if (home.isErr()) return output.failure(home.error);
  const usual = homeOf(undefined, { ...world.env, PARLANCE_HOME: undefined });
  const found = serviceFile({
    platform: process.platform,
    userHome: world.env['HOME'] ?? homedir(),
    configHome: world.env['XDG_CONFIG_HOME'] ?? '',
    home: resolve(home.value),
    isDefaultHome: usual.isOk() && resolve(usual.value) === resolve(home.value),
    program: program(),
    uid: process.getuid?.() ?? 0,
  });
  if (found === null) {
    const detail = catalogue().commands.noServices(process.platform);
    return output.failure(usage('service', detail));
  }
  if (isPrinted) {
    await output.result({ ...lineOf(found), text: found.text }, found.text.trimEnd());
    return 0;
  }
  switch (verb) {
    case 'install':
      return install(context, found);
    case 'remove':
      return remove(context, found);
    case 'status':
      return status(context, found);
    default:
      return unreachable(verb);
  }
}

/** Program and first arguments that start this command line again. */
function program(): readonly string[] {
  const [, script] = process.argv;
  return script === undefined || !existsSync(script)
    ? [process.execPath]
    : [process.execPath, realpathSync(script)];
}

const lineOf = ({ name, file }: ServiceFile) => ({ type: 'service', name, file }) as const;

async function install(context: RunContext, found: ServiceFile): Promise<ExitCode> {
  const { output } = context;
  try {
    mkdirSync(dirname(found.file), { recursive: true });
    writeFileSync(found.file, found.text, { mode: 0o600 });
  } catch (cause) {
    return output.failure({ code: 'command/file', file: found.file, reason: reasonOf(cause) });
  }
  const failure = await runAll(context, found.start);
  if (failure !== null) return output.failure(failure, catalogue().commands.isWritten(found.file));
  await output.result(
    { ...lineOf(found), installed: true, active: true },
    catalogue().commands.runsAtLogin(found.name),
  );
  if (process.platform === 'linux') output.note(catalogue().commands.linger);
  return 0;
}

async function remove(context: RunContext, found: ServiceFile): Promise<ExitCode> {
  const { output } = context;
  if (!existsSync(found.file)) {
    await output.result(
      { ...lineOf(found), installed: false, active: false },
      catalogue().commands.isNotInstalled(found.name),
    );
    return 0;
  }
  const failure = await runAll(context, found.stop);
  try {
    rmSync(found.file, { force: true });
  } catch (cause) {
    return output.failure({ code: 'command/file', file: found.file, reason: reasonOf(cause) });
  }
  if (failure !== null) return output.failure(failure, catalogue().commands.isRemoved(found.file));
  await output.result(
    { ...lineOf(found), installed: false, active: false },
    catalogue().commands.serviceRemoved(found.name),
  );
  return 0;
}

async function status(context: RunContext, found: ServiceFile): Promise<ExitCode> {
  const installed = existsSync(found.file);
  const active = installed && (await runAll(context, [found.isActive])) === null;
  const words = active
    ? catalogue().commands.runs
    : installed
      ? catalogue().commands.installedOnly
      : catalogue().commands.notInstalledYet;
  await context.output.result({ ...lineOf(found), installed, active }, `${found.name} ${words}`);
  return 0;
}

/** Runs programs in order. Returns the first failure; null: all ended well. */
async function runAll(
  { world, stopped }: RunContext,
  calls: readonly (readonly string[])[],
): Promise<CliError | null> {
  for (const [file = '', ...args] of calls) {
    const reason = await runProgram({
      file,
      args,
      input: null,
      env: world.env,
      output: 'dropped',
      signal: stopped,
    });
    if (reason !== null) return { code: 'command/exec', command: [file, ...args].join(' '), reason };
  }
  return null;
}
