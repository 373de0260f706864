/** `parlance` without a command: a node with a prompt. */
import { catalogue } from '../../text/catalogue.js';
import { layered, settingsOfEnv, userSettingsOf } from '../options/settings.js';
import { readSettings } from '../options/settings-file.js';
import { homeOf } from '../../../home/default-home.js';
import { cli, memory as limits } from '../limits.js';
import { escapeForTerminal, type NodeEvent } from '../../../index.js';
import type { Attachment } from '../attach.js';
import { lasting, type Lasting } from '../lasting.js';
import { within, EndReason, nodeEnded, pause, until, withNode, type RunContext } from '../run.js';
import { Signals } from '../notify/signals.js';
import type { Output } from '../screen/output.js';
import type { ExitCode } from '../screen/wording.js';
import { pathsFor } from './file-commands.js';
import type { Clipboard } from './clipboard-commands.js';
import { complete } from './commands.js';
import { Attention } from './user/attention.js';
import { firstStart } from './first-start.js';
import { Idleness } from './user/idleness.js';
import { noMemory, readMemory, writeMemory } from './memory.js';
import { plainScreen } from './plain.js';
import { TerminalScreen, type Screen } from './screen.js';
import { examine } from '../commands/doctor.js';
import { PromptController } from './controller.js';

/** Runs the prompt until the user leaves. */
export async function prompt(context: RunContext): Promise<ExitCode> {
  const { world, output, common } = context;
  const isAttended = world.stdin.isTTY === true && world.stdout.isTTY === true && !output.isJson;
  const isTerminal = isAttended && !output.isPlain;
  if (isAttended) {
    const home = homeOf(common.home, world.env);
    if (home.isErr()) return output.failure(home.error);
    const given = layered(common.node, settingsOfEnv(world.env).unwrapOr({}));
    const begun = await firstStart(world, home.value, given, isTerminal);
    if (begun.isErr()) return output.failure(begun.error);
    if (begun.value === 'left') return 0;
  }
  return withNode(context, async (attachment) => {
    const line = lasting(context, attachment);
    try {
      return await converse(context, line, isTerminal);
    } finally {
      await line.release();
    }
  });
}

async function converse(context: RunContext, attachment: Lasting, isTerminal: boolean): Promise<ExitCode> {
  const { world, output, stopped } = context;
  const left = new AbortController();
  const signal = AbortSignal.any([stopped, left.signal]);
  let taken: Promise<void> = Promise.resolve();
  const memory = isTerminal ? readMemory(attachment.home) : noMemory;
  const attention = new Attention(() => performance.now());
  const terminal = isTerminal ? openTerminal(context, memory.history, attention, () => controller) : null;
  const screen: Screen = terminal ?? plainScreen(world.stdin, output, () => taken);
  const stored = readSettings(attachment.home).map(({ values }) => values);
  const user = userSettingsOf(stored.unwrapOr({}), world.env);
  const idleness = isTerminal ? new Idleness(attachment.node, user.awayAfterMinutes * minuteMs) : null;
  const signals = new Signals(user, world.nowMs);
  const controller = new PromptController({
    node: attachment.node,
    screen,
    colors: output.colors,
    nowMs: world.nowMs,
    ageMs: attachment.ageMs,
    onExit: () => leave(),
    doctor: async (peer) => {
      const found = await examine({ ...context, stopped: signal }, attachment, peer);
      return signal.aborted ? null : found;
    },
    signal: (message, peer, now) => {
      const sequence = signals.sequencesFor(message, peer, { ...now, idleMs: idleness?.idleMs ?? 0 });
      if (sequence !== '') screen.signal?.(sequence);
    },
    clipboard: clipboardOf(world),
    memory,
    ...(isTerminal ? { attention } : {}),
  });
  const leave = (): void => {
    farewell(context, controller, isTerminal).then(
      () => left.abort(),
      () => left.abort(),
    );
  };
  // Lines are carried out one after the other, so that `/chat bob` is done before the message to bob.
  screen.onLine((line) => {
    taken = taken
      .then(() => controller.line(line))
      .catch((cause: unknown) => {
        screen.print([output.colors.dim(`! ${escapeForTerminal(String(cause))}`)]);
      });
  });
  screen.onEnd(() => {
    taken.then(leave, leave);
  });
  const onEdit = (): void => {
    idleness?.active();
    controller.edited(terminal?.editor.view().text ?? '');
  };
  const keep = terminal === null ? null : new Keeper(attachment.home, terminal, controller, onEdit);
  const endReason = new EndReason();
  try {
    await watch(context, attachment, controller, signal, endReason);
  } finally {
    keep?.close();
    screen.close();
    if (idleness !== null) await within(cli.farewellMs, idleness.close());
  }
  const exit = left.signal.aborted ? await outcomeOf(controller, output, isTerminal) : 0;
  if (output.isJson) await output.result({ type: 'bye' }, null);
  return signal.aborted
    ? exit
    : output.failureOnStderr(endReason.fault() ?? attachment.failure() ?? nodeEnded(null));
}

/** The clipboard of the desktop, whose programs are loaded once they are needed. */
const clipboardOf = (world: RunContext['world']): Clipboard => ({
  read: async () => (await import('../clipboard/clipboard.js')).readClipboard(world),
  write: async (text) => (await import('../clipboard/clipboard.js')).writeClipboard(world, text),
});

const openTerminal = (
  { world }: RunContext,
  history: readonly string[],
  attention: Attention,
  controller: () => Pick<PromptController, 'peers' | 'hasOwnMessage'>,
): TerminalScreen =>
  new TerminalScreen({
    attention,
    history,
    input: world.stdin,
    output: world.stdout,
    complete: (line) => complete(line, controller().peers(), pathsFor),
    mayEditLast: () => controller().hasOwnMessage(),
    ...(world.suspend === undefined ? {} : { suspend: world.suspend }),
  });

const minuteMs = 60_000;

/** Ends the work of the prompt. The input of a pipe ends long before the last message is delivered, or the doctor done. */
async function farewell(
  { world, stopped }: RunContext,
  controller: PromptController,
  isTerminal: boolean,
): Promise<void> {
  if (world.stdin.isTTY !== true) await controller.people.examinations();
  if (!isTerminal) await untilDelivered(controller, stopped);
  await within(cli.farewellMs, controller.people.farewell());
}

/** Reports the lines of a pipe that were not sent, or not delivered in time. At a terminal their marks are on the screen. */
async function outcomeOf(
  { unsent, pending }: PromptController,
  output: Output,
  isTerminal: boolean,
): Promise<ExitCode> {
  const exit = await unsent.report(output);
  if (exit !== 0 || isTerminal || pending === 0) return exit;
  const what = catalogue().prompt.notDeliveredYet(pending);
  return output.failure({ code: 'command/queued', what });
}

/** Shows every event until `signal` is aborted or the node ends. */
async function watch(
  context: RunContext,
  attachment: Attachment,
  controller: PromptController,
  signal: AbortSignal,
  endReason: EndReason,
): Promise<void> {
  const { output } = context;
  const show = async (event: NodeEvent): Promise<void> => {
    if (output.isJson) await output.result(event, null);
    controller.event(event);
  };
  let isGreeted = false;
  let isGreeting = false;
  let isMoved = false;
  let shown: Promise<void> = Promise.resolve();
  for await (const event of until(attachment.node.events(), signal)) {
    if (event.type === 'bye') break;
    endReason.read(event);
    if (event.type === 'error' && event.code === 'api/lost') isMoved = true;
    // A later `ready` tells of another port.
    if (event.type === 'ready' && !isGreeted) {
      isGreeted = isGreeting = true;
      shown = controller.greet().finally(() => (isGreeting = false));
    } else if (event.type === 'ready' && isMoved) {
      isMoved = false;
      void catchUp(attachment, controller, signal);
    }
    shown = shown.then(() => show(event));
    // A greeting whose node ends waits for the next node, which is found only while the events are read.
    if (isGreeting) shown.catch(() => undefined);
    else await shown;
  }
  await shown;
}

/** Shows what changed while one node of the home followed another: states of sent messages, peers that are not here. */
async function catchUp(
  { node }: Attachment,
  controller: PromptController,
  signal: AbortSignal,
): Promise<void> {
  const sent = await node.history({ direction: 'out', limit: cli.historyPageLines });
  for (const { id, peer, state } of sent.unwrapOr([])) {
    if (state === 'sent' || state === 'delivered') controller.event({ type: 'status', id, peer, state });
  }
  // The peers answer the first beacon of the new node.
  await pause(cli.discoveryMs, signal);
  if (signal.aborted) return;
  for (const row of (await node.peers()).unwrapOr([])) controller.event(row);
}

/** Waits until all messages are delivered, at most `discoveryMs`. */
async function untilDelivered(controller: PromptController, stopped: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + cli.discoveryMs;
  while (controller.pending > 0 && performance.now() < deadlineMs && !stopped.aborted)
    await pause(cli.pollMs, stopped);
}

/** Writes the memory of the prompt some time after each change, and at the end. */
class Keeper {
  readonly #write: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(home: string, terminal: TerminalScreen, controller: PromptController, onEdit: () => void) {
    this.#write = () => {
      this.#timer = null;
      writeMemory(home, { ...controller.memory(), history: terminal.editor.history() });
    };
    terminal.onEdit(() => {
      onEdit();
      this.#timer ??= setTimeout(this.#write, limits.delayMs);
    });
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#write();
  }
}
