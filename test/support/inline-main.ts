/**
 * The program in a process of its own, with a node whose actors run inline: for tests that kill, stop or freeze the
 * process of a peer, at a third of the CPU time. As src/ui/cli/main.ts otherwise.
 */
import { diagnose } from '../../src/ui/api/doctor.js';
import { listenToPeers, openRestingNode } from '../../src/ui/api/attach.js';
import { connectNode } from '../../src/ui/api/client.js';
import { run } from '../../src/ui/cli/program.js';
import { launchInline, startInline } from './inline-nodes.js';

const endSignals = ['SIGINT', 'SIGTERM'] as const;

process.exit(
  await run(process.argv.slice(2), {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    userName: () => 'somebody',
    startNode: startInline,
    launchNode: launchInline,
    restNode: openRestingNode,
    listenToPeers,
    diagnose,
    connectNode,
    onSignal: (listener) => {
      for (const signal of endSignals) process.on(signal, listener);
      return () => {
        for (const signal of endSignals) process.off(signal, listener);
      };
    },
    nowMs: () => Date.now(),
  }),
);
