/** The firewall of this machine that a remedy should name. Pure. */
import type { FirewallTool, Observations } from '../observations.js';
import { activeZones, isUfwActive } from './front-ends.js';
import { readIptables } from './iptables.js';
import { readNft } from './nft.js';

/**
 * Returns the firewall of the platform; on Linux the front end that is active, else the rules below. Where none of them
 * can be read, the first one that is there.
 */
export function toolOf({ platform, firewalls }: Pick<Observations, 'platform' | 'firewalls'>): FirewallTool {
  if (platform === 'darwin') return 'macos';
  if (platform === 'win32') return 'windows';
  const textOf = (asked: FirewallTool): string =>
    firewalls.flatMap((each) => (each.state === 'read' && each.tool === asked ? [each.text] : [])).join('');
  if (isUfwActive(textOf('ufw'))) return 'ufw';
  if (activeZones(textOf('firewalld')).length > 0) return 'firewalld';
  if ((readNft(textOf('nft'))?.bases.length ?? 0) > 0) return 'nft';
  if (readIptables(textOf('iptables')) !== null) return 'iptables';
  return firewalls.find(({ state }) => state === 'denied')?.tool ?? 'nft';
}
