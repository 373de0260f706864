/** The commands with their arguments and help. The code of a command is loaded when it runs. */
import { catalogue } from '../text/catalogue.js';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { chooseLanguage } from '../text/catalogue.js';
import { cli } from './limits.js';
import { languageFor } from './options/language.js';
import { addCommonOptions, arg, commonOptions } from './options/common-options.js';
import { byteRate, count, timeout as timeoutKind } from './options/values.js';
import { Output } from './screen/output.js';
import { addRoleCommands } from './foreign/commands.js';
import { runSend, type SendFlags } from './send-program.js';
import { addHelpCommands } from './help-program.js';
import { addHistory } from './history-program.js';
import { addHomeCommands } from './home-program.js';
import { addFilesCommand, runRecvFiles } from './files/program.js';
import { addOperationCommands } from './operation-program.js';
import { addPeopleCommands } from './people-program.js';
import { usage, type RunContext } from './run.js';
import { nearest } from './options/suggestion.js';
import { safeJson } from './screen/safe-json.js';
import { lineOf, wordingOf, type ExitCode } from './screen/wording.js';
import { errnoOf, reasonOf } from '../../system-errors.js';
import type { World } from './world.js';

/** Parses `args` (without node and script), runs the command and resolves with its exit code. */
export async function run(args: readonly string[], world: World): Promise<ExitCode> {
  await chooseLanguage(languageFor(args, world.env));
  const outcome: { code: ExitCode } = { code: 0 };
  const runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>): Promise<void> =>
    runBody(world, command, body).then((code) => {
      outcome.code = code;
    });
  const program = programOf(world, runs);
  refuseEmptyValues(program);
  const isJson = args.includes('--json') || commonOptions(program, world.env).isJson;
  if (isJson) printHelpAsJson(program, world);
  const loss = watchForLoss(world.stdout);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    outcome.code = await usageFailure(world, program, args, cause);
  }
  const reason = await loss();
  if (reason === null) return outcome.code;
  world.stderr.write(`parlance: ${lineOf(wordingOf({ code: 'command/output', reason }))}\n`);
  return outcome.code === 0 ? 1 : outcome.code;
}

/** Returns a function that waits for what was written, and resolves with the reason why some of it is lost. */
function watchForLoss(stdout: World['stdout']): () => Promise<string | null> {
  let lost: Error | null = null;
  stdout.on('error', (cause) => {
    // A reader that closed the pipe wants no more output: nothing is lost.
    if (errnoOf(cause) !== 'EPIPE') lost ??= cause;
  });
  return async () => {
    await new Promise<void>((resolve) => {
      if (stdout.destroyed || stdout.writableLength === 0) setImmediate(resolve);
      else stdout.write('', () => setImmediate(resolve));
    });
    return lost === null ? null : reasonOf(lost);
  };
}

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

async function runBody(
  world: World,
  command: Command,
  body: (context: RunContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const common = commonOptions(command, world.env);
  const asked = new AbortController();
  const output = new Output(world, {
    isJson: common.isJson,
    isQuiet: common.isQuiet,
    isColored: common.isColored ?? world.stdout.isTTY === true,
    isPlain: common.isPlain,
    stopAsked: asked.signal,
  });
  const unlisten = world.onSignal(() => asked.abort());
  try {
    return await body({ world, output, common, stopped: AbortSignal.any([asked.signal, output.closed]) });
  } finally {
    unlisten();
    await output.flush();
  }
}

/** Prints wrong usage in one line and returns its exit code. Help and version are exit 0. */
async function usageFailure(
  world: World,
  program: Command,
  args: readonly string[],
  cause: CommanderError,
): Promise<ExitCode> {
  if (cause.exitCode === 0) return 0;
  const named = program.commands.find((each) => args.includes(each.name()))?.name();
  const command = named === undefined || named === 'help' ? '' : named;
  const common = commonOptions(program, world.env);
  const output = new Output(world, {
    isJson: common.isJson || args.includes('--json'),
    isQuiet: false,
    isColored: common.isColored ?? world.stderr.isTTY === true,
  });
  const detail = cause.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  const code = await output.failure(usage(command, catalogue().usage.ofCommander(detail)));
  await output.flush();
  return code;
}

function programOf(world: World, runs: Runs): Command {
  const program = base(new Command('parlance'), world)
    .description(catalogue().help.program)
    .argument('[words...]')
    .usage(catalogue().pages.commander.usageOfProgram)
    .helpCommand(false)
    // `send` has a `--plain` of its own.
    .enablePositionalOptions()
    .option('--plain', catalogue().help.plain)
    .option('-V, --version', catalogue().help.version)
    .action((words: string[], options: { version?: boolean }, command: Command) => {
      const [word] = words;
      if (options.version === true) return version(world, commonOptions(command, world.env).isJson);
      if (word !== undefined) return program.error(`error: ${unknownCommand(program, word)}`);
      return runs(command, async (context) => (await import('./prompt/prompt.js')).prompt(context));
    });
  base(program.command('serve'), world)
    .description(catalogue().help.serve)
    .action((_options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/serve.js')).serve(context)),
    );
  addMessageCommands(program, world, runs);
  addPeerCommands(program, world, runs);
  addInspection(program, world, runs);
  base(program.command('schema'), world)
    .description(catalogue().help.schema)
    .action((_options: object, command: Command) =>
      runs(command, async (context) => (await import('./commands/schema.js')).schema(context)),
    );
  addHomeCommands(program, (command) => base(command, world), runs);
  addRoleCommands(program, (command) => base(command, world), runs);
  addHelpCommands(program, {
    base: (command) => base(command, world),
    runs,
    columns: () => world.stdout.columns ?? cli.helpColumns,
    unknown: (word) => unknownCommand(program, word),
  });
  return program;
}

function addMessageCommands(program: Command, world: World, runs: Runs): void {
  base(program.command('send'), world)
    .description(catalogue().help.send)
    .argument('[peer]', catalogue().help.sendPeer)
    .argument('[text...]')
    .addOption(
      new Option('--wait <state>', catalogue().help.sendWait)
        .choices(['queued', 'sent', 'accepted', 'delivered', 'read'])
        .default('delivered'),
    )
    .addOption(new Option('--timeout <seconds>', catalogue().help.sendTimeout).argParser(arg(timeoutKind)))
    .option('--secure', catalogue().help.sendSecure)
    .addOption(new Option('--plain', catalogue().help.sendPlain).conflicts(['secure', 'number']))
    .addOption(new Option('--number <n>', catalogue().help.sendNumber).argParser(arg(count)))
    .option('--file <path...>', catalogue().help.sendFile)
    .option('--as <name>', catalogue().help.sendAs)
    .option('--follow', catalogue().help.sendFollow)
    .option('--snapshot', catalogue().help.sendSnapshot)
    .addOption(new Option('--limit <rate>', catalogue().help.sendLimit).argParser(arg(byteRate)))
    .option('--reply <id>', catalogue().help.sendReply)
    .option('--clip', catalogue().help.sendClip)
    .option('--all-here', catalogue().help.sendAllHere)
    .option('--yes', catalogue().help.sendYes)
    .action((peer: string | undefined, words: string[], options: SendFlags, command: Command) =>
      runs(command, (context) => runSend(context, peer ?? '', words, options)),
    );
  addRecv(program, world, runs);
  addHistory(program, (command) => base(command, world), runs);
  addFilesCommand(program, (command) => base(command, world), runs);
  addOperationCommands(program, (command) => base(command, world), runs);
  addPeopleCommands(program, (command) => base(command, world), runs);
}

function addRecv(program: Command, world: World, runs: Runs): void {
  base(program.command('recv'), world)
    .description(catalogue().help.recv)
    .option('--follow', catalogue().help.recvFollow)
    .addOption(
      new Option('--count <n>', catalogue().help.recvCount).argParser(arg(count)).conflicts('follow'),
    )
    .option('--from <peer>', catalogue().help.recvFrom)
    .option('--since <id>', catalogue().help.recvSince)
    .option('--mark-read', catalogue().help.recvMarkRead)
    .addOption(new Option('--exec <command>', catalogue().help.recvExec))
    .option('--files <dir>', catalogue().help.recvFiles)
    .option('--overwrite', catalogue().help.recvOverwrite)
    .option('--keep-mode', catalogue().help.recvKeepMode)
    .addOption(new Option('--timeout <seconds>', catalogue().help.timeout).argParser(arg(timeoutKind)))
    .action((options: RecvFlags, command: Command) =>
      runs(command, async (context) => {
        const { files, overwrite, keepMode } = options;
        if (files !== undefined) return runRecvFiles(context, files, options);
        if (overwrite !== undefined || keepMode !== undefined)
          return context.output.failure(usage('recv', catalogue().help.belongToFiles));
        const { recv } = await import('./commands/recv.js');
        return recv(context, {
          count: options.count ?? null,
          from: options.from ?? null,
          since: options.since ?? null,
          timeoutMs: options.timeout ?? null,
          isMarkingRead: options.markRead === true,
          exec: options.exec ?? null,
        });
      }),
    );
}

interface RecvFlags {
  readonly files?: string;
  readonly overwrite?: boolean;
  readonly keepMode?: boolean;
  readonly count?: number;
  readonly from?: string;
  readonly since?: string;
  readonly timeout?: number;
  readonly markRead?: boolean;
  readonly exec?: string;
}

/** Adds the commands that look into a node and its network. */
function addInspection(program: Command, world: World, runs: Runs): void {
  base(program.command('top'), world)
    .description(catalogue().help.top)
    .option('--once', catalogue().help.topOnce)
    .action((options: { once?: boolean }, command: Command) =>
      runs(command, async (context) =>
        (await import('./commands/top.js')).top(context, options.once === true),
      ),
    );
  base(program.command('doctor'), world)
    .description(catalogue().help.doctor)
    .argument('[peer]')
    .addOption(new Option('--timeout <seconds>', catalogue().help.doctorTimeout).argParser(arg(timeoutKind)))
    .action((peer: string | undefined, options: { timeout?: number }, command: Command) =>
      runs(command, async (context) => {
        const { doctor } = await import('./commands/doctor.js');
        return doctor(context, { peer: peer ?? null, timeoutMs: options.timeout ?? null });
      }),
    );
}

function addPeerCommands(program: Command, world: World, runs: Runs): void {
  base(program.command('peers'), world)
    .description(catalogue().help.peers)
    .option('--watch', catalogue().help.peersWatch)
    .addOption(new Option('--wait <peer>', catalogue().help.peersWait).conflicts('watch'))
    .addOption(new Option('--timeout <seconds>', catalogue().help.peersTimeout).argParser(arg(timeoutKind)))
    .action((options: { watch?: boolean; wait?: string; timeout?: number }, command: Command) =>
      runs(command, async (context) => {
        const { peers } = await import('./commands/peers.js');
        return peers(context, {
          isWatching: options.watch === true,
          wait: options.wait ?? null,
          timeoutMs: options.timeout ?? null,
        });
      }),
    );
  base(program.command('id'), world)
    .description(catalogue().help.id)
    .option('--qr', catalogue().help.idQr)
    .addOption(new Option('--export <file>', catalogue().help.idExport).conflicts('qr'))
    .addOption(new Option('--import <file>', catalogue().help.idImport).conflicts(['qr', 'export']))
    .action((options: { qr?: boolean; export?: string; import?: string }, command: Command) =>
      runs(command, async (context) => {
        const { exportIdentity, importIdentity } = await import('./commands/home/identity.js');
        if (options.export !== undefined) return exportIdentity(context, options.export);
        if (options.import !== undefined) return importIdentity(context, options.import);
        return (await import('./commands/people.js')).id(context, { isQr: options.qr === true });
      }),
    );
  base(program.command('verify'), world)
    .description(catalogue().help.verify)
    .argument('<peer>')
    .argument('[code...]')
    .option('--yes', catalogue().help.verifyYes)
    .action((peer: string, words: string[], options: { yes?: boolean }, command: Command) =>
      runs(command, async (context) => {
        const { verify } = await import('./commands/people.js');
        const code = words.length === 0 ? null : words.join(' ');
        return verify(context, { peer, code, isCompared: options.yes === true });
      }),
    );
  for (const verb of ['block', 'unblock'] as const) {
    base(program.command(verb), world)
      .description(verb === 'block' ? catalogue().help.block : catalogue().help.unblock)
      .argument('<peer>')
      .action((peer: string, _options: object, command: Command) =>
        runs(command, async (context) =>
          (await import('./commands/people.js')).block(context, peer, verb === 'block'),
        ),
      );
  }
}

/** Refuses empty values, which come from unset variables of scripts and would silently choose something else. */
function refuseEmptyValues(program: Command): void {
  for (const option of [program, ...program.commands].flatMap((command) => command.options)) {
    if (!option.required) continue;
    const parse = option.parseArg;
    option.argParser((word: string, before: unknown) => {
      if (word === '') throw new InvalidArgumentError(catalogue().help.isEmpty);
      if (parse !== undefined) return parse(word, before);
      const words: readonly unknown[] = Array.isArray(before) ? before : [];
      return option.variadic ? [...words, word] : word;
    });
  }
}

/** Adds the common options, and throws usage errors for `usageFailure` instead of an exit. */
function base(command: Command, world: World): Command {
  return addCommonOptions(command)
    .helpOption('-h, --help', catalogue().usage.helpOption)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => world.stdout.columns ?? cli.helpColumns,
      getOutHasColors: () => false,
    });
}

function unknownCommand(program: Command, word: string): string {
  const meant = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  return catalogue().usage.unknownCommand(word, meant);
}

/** Makes help one NDJSON line. */
function printHelpAsJson(program: Command, world: World): void {
  for (const command of [program, ...program.commands]) {
    const name = command === program ? '' : command.name();
    command.configureOutput({
      writeOut: (text) => world.stdout.write(`${safeJson({ type: 'help', command: name, text })}\n`),
    });
  }
}

async function version(world: World, isJson: boolean): Promise<void> {
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  const found = /"version": "([^"]+)"/.exec(text);
  const number = found?.[1] ?? catalogue().help.unknownVersion;
  world.stdout.write(isJson ? `${safeJson({ type: 'version', version: number })}\n` : `parlance ${number}\n`);
}
