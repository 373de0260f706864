/** Reads the rules of the firewalls of this machine by their own tools. A tool that is missing is an ordinary case. */
import type { FirewallReading, FirewallTool } from '../../chat/doctor/observations.js';
import { runTool, type Ran } from './tools.js';

const linuxTools: readonly {
  readonly tool: FirewallTool;
  readonly file: string;
  readonly args: readonly string[];
}[] = [
  { tool: 'ufw', file: 'ufw', args: ['status', 'verbose'] },
  { tool: 'firewalld', file: 'firewall-cmd', args: ['--list-all-zones'] },
  { tool: 'nft', file: 'nft', args: ['-j', 'list', 'ruleset'] },
  { tool: 'iptables', file: 'iptables-save', args: ['-t', 'filter'] },
];

/** Runs the tools of this platform. The rules are only read. */
export async function readFirewalls(platform: string): Promise<readonly FirewallReading[]> {
  if (platform !== 'linux') return [];
  return Promise.all(
    linuxTools.map(async ({ tool, file, args }) => readingOf(tool, await runTool(file, args))),
  );
}

function readingOf(tool: FirewallTool, ran: Ran): FirewallReading {
  switch (ran.state) {
    case 'done':
      return { tool, state: 'read', text: ran.text };
    case 'missing':
      return { tool, state: 'missing' };
    case 'denied':
      return { tool, state: 'denied' };
    case 'failed':
      // firewall-cmd fails with these words while its service is stopped. Then firewalld refuses nothing.
      return /not running/i.test(ran.reason)
        ? { tool, state: 'read', text: '' }
        : { tool, state: 'failed', reason: ran.reason };
    default:
      return ran satisfies never;
  }
}
