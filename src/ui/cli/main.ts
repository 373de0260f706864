#!/usr/bin/env node
/** The program `parlance`: gives the commands the real world, and ends with their exit code. */
import { userInfo } from 'node:os';
import { startNode } from '../../index.js';
import { cli } from '../../limits.js';
import { connectNode } from '../api/client.js';
import { run } from './program.js';
import type { World } from './world.js';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const world: World = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  userName: () => {
    try {
      return userInfo().username;
    } catch {
      // A container may run under a user id that has no name.
      return 'me';
    }
  },
  startNode,
  connectNode,
  onSignal: (listener) => {
    const heard = (): void => {
      // Whatever hangs, a signal ends the program.
      setTimeout(() => process.exit(process.exitCode ?? 0), cli.shutdownMs).unref();
      listener();
    };
    for (const signal of endSignals) process.on(signal, heard);
    return () => {
      for (const signal of endSignals) process.off(signal, heard);
    };
  },
  nowMs: () => Date.now(),
};

// Exits by itself: a worker or a socket that is slow to go must not hold the shell.
process.exit(await run(process.argv.slice(2), world));
