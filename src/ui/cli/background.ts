/**
 * The process of a node that commands share. A command starts it and gives it its task; it reports once a node serves
 * the home, this one or one that started meanwhile, and ends a moment after its last client.
 */
import { chooseLanguage } from '../text/catalogue.js';
import { languageFor } from './options/language.js';
import { isServed, startSharedNode } from '../api/attach.js';
import { attend } from '../api/attended.js';
import { logFileOf, type LaunchReport, type LaunchTask } from '../api/launch.js';
import { reasonOf } from '../../system-errors.js';
import { cli, nodeLog } from './limits.js';
import { watchNode } from './notify/watcher.js';
import { settingsOfPrivacy } from './options/settings.js';
import { changeSettings } from './options/settings-file.js';
import { parseWord, logLevel } from './options/values.js';
import { afterUsable } from './run.js';
import { deferredLog, openLog, type WriteLog } from './screen/log.js';

process.once('message', (task: LaunchTask) => {
  process.off('disconnect', leave);
  run(task).then((code) => process.exit(code), crash);
});
process.once('disconnect', leave);
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

/** Ends a process whose starter left before it gave a task. */
function leave(): void {
  process.exit(0);
}

/** Ends the process over a bug. Its last line in the log names the cause. */
function crash(cause: unknown): void {
  const words = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  process.stderr.write(`${words}\n${cause instanceof Error ? `error: ${cause.message}` : words}\n`);
  process.exit(1);
}

async function run(task: LaunchTask): Promise<number> {
  const { options, startedWith } = task;
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      afterUsable(cli.shutdownMs, () => process.exit(0));
      stopped.abort();
    });
  await chooseLanguage(languageFor(['--home', options.home], process.env));
  const log = deferredLog();
  const started = await startSharedNode({
    ...options,
    log: log.write,
    // A name changed by a client is the name of the next start, too.
    keepName: (name) => void changeSettings(options.home, { name }),
    keepPrivacy: (privacy) => void changeSettings(options.home, settingsOfPrivacy(privacy)),
  });
  if (started.isErr()) {
    const { error } = started;
    const isTaken = error.code === 'home/in-use' && (await isServed(options.home));
    await report(isTaken ? { type: 'served', by: 'existing' } : { type: 'failed', error });
    return isTaken ? 0 : 1;
  }
  log.open(await logOf(task));
  const attended = await attend(started.value, options.home, startedWith);
  if (attended.isErr()) {
    await report({ type: 'failed', error: attended.error });
    await started.value.close();
    return 1;
  }
  watchNode({ node: started.value, home: options.home, env: process.env, log: log.write });
  await report({ type: 'served', by: 'new' });
  const { close, done } = attended.value;
  if (stopped.signal.aborted) void close();
  stopped.signal.addEventListener('abort', () => void close(), { once: true });
  return (await done) === 'ended' ? 1 : 0;
}

async function logOf(task: LaunchTask): Promise<WriteLog> {
  const level = parseWord(logLevel, task.logLevel).unwrapOr('warn');
  const target = { level, stderr: process.stderr, onLine: null };
  try {
    const bounds = task.logFile === null ? { bounds: nodeLog } : {};
    return await openLog({ ...target, ...bounds, file: logFileOf(task) });
  } catch (cause) {
    process.stderr.write(`warning: the log file cannot be opened: ${reasonOf(cause)}\n`);
    return openLog({ ...target, file: undefined });
  }
}

/** Tells the starter, which may be gone. */
function report(message: LaunchReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      resolve();
      return;
    }
    process.send(message, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}
