/** `parlance` without a command: a node with a prompt. */
import { layered, settingsOfEnv } from '../options/settings.js';
import { homeOf } from '../../../home/default-home.js';
import { cli } from '../limits.js';
import { escapeForTerminal, type NodeEvent } from '../../../index.js';
import type { Attachment } from '../attach.js';
import { LastWords, pause, until, withNode, type RunContext } from '../run.js';
import { changeSettings } from '../options/settings-file.js';
import type { ExitCode } from '../screen/wording.js';
import { complete } from './commands.js';
import { firstStart } from './first-start.js';
import { plainScreen } from './plain.js';
import { TerminalScreen, type Screen } from './screen.js';
import { Talk } from './controller.js';

export async function prompt(context: RunContext): Promise<ExitCode> {
  const { world, output, common } = context;
  const isTerminal = world.stdin.isTTY === true && world.stdout.isTTY === true && !output.isJson;
  if (isTerminal) {
    const home = await homeOf(common.home, world.env);
    const given = layered(common.node, settingsOfEnv(world.env).unwrapOr({}));
    const begun = await firstStart(world, home, given);
    if (begun.isErr()) return output.failure(begun.error);
    if (begun.value === 'left') return 0;
  }
  // A log line may come before there is a screen to print it on.
  const log: { print: (line: string) => void } = {
    print: (line) => world.stderr.write(`parlance: ${line}\n`),
  };
  return withNode(context, (attachment) => converse(context, attachment, isTerminal, log), {
    mustOwn: true,
    ...(isTerminal ? { onLogLine: (line: string) => log.print(line) } : {}),
  });
}

async function converse(
  context: RunContext,
  attachment: Attachment,
  isTerminal: boolean,
  log: { print: (line: string) => void },
): Promise<ExitCode> {
  const { world, output, stopped } = context;
  const left = new AbortController();
  const signal = AbortSignal.any([stopped, left.signal]);
  let taken: Promise<void> = Promise.resolve();
  const screen: Screen = isTerminal
    ? new TerminalScreen(world.stdin, world.stdout, (line) => complete(line, talk.peers()))
    : plainScreen(world.stdin, output, () => taken);
  const talk: Talk = new Talk({
    node: attachment.node,
    screen,
    colors: output.colors,
    nowMs: world.nowMs,
    ageMs: attachment.ageMs,
    // A name changed in the prompt is the name of the next start, too.
    rememberName: (name) => void changeSettings(attachment.home, { name }),
    onExit: () => leave(),
  });
  // Without a terminal the input ends long before the last message is delivered.
  const leave = (): void => {
    const settled = isTerminal ? Promise.resolve() : untilDelivered(talk, stopped);
    settled.then(
      () => left.abort(),
      () => left.abort(),
    );
  };
  const previous = log.print;
  log.print = (line) => screen.print([output.colors.dim(`! ${escapeForTerminal(line)}`)]);
  // Lines are dealt with one after the other, so that `/chat bob` stands before what is said to bob.
  screen.onLine((line) => {
    taken = taken.then(() => talk.line(line)).catch((cause: unknown) => log.print(String(cause)));
  });
  screen.onEnd(() => {
    taken.then(leave, leave);
  });
  const lastWords = new LastWords();
  try {
    await watch(context, attachment, talk, signal, lastWords);
  } finally {
    log.print = previous;
    screen.close();
  }
  const exit = left.signal.aborted ? await talk.unsent.tell(output) : 0;
  if (output.isJson) await output.result({ type: 'bye' }, null);
  return signal.aborted ? exit : output.failureTold(lastWords.fault());
}

/** Shows every event until the user leaves; without a terminal the last statuses are still waited for. */
async function watch(
  context: RunContext,
  attachment: Attachment,
  talk: Talk,
  signal: AbortSignal,
  lastWords: LastWords,
): Promise<void> {
  const { output } = context;
  const show = async (event: NodeEvent): Promise<void> => {
    if (output.isJson) await output.result(event, null);
    talk.event(event);
  };
  for await (const event of until(attachment.node.events(), signal)) {
    if (event.type === 'bye') return;
    lastWords.hear(event);
    if (event.type === 'ready') await talk.greet();
    await show(event);
  }
}

async function untilDelivered(talk: Talk, stopped: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + cli.discoveryMs;
  while (talk.pending > 0 && performance.now() < deadlineMs && !stopped.aborted)
    await pause(cli.pollMs, stopped);
}
