// Writes the profiles of the firewalls ufw and firewalld to dist/firewall/, from the numbers of the program. Needs a build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function writeFirewallProfiles() {
  const load = (path) => import(new URL(`../dist/src/${path}`, import.meta.url).href);
  const { beaconSocket, mdns } = await load('actors/presence/limits.js');
  const { node } = await load('node/limits.js');
  const udp = [...beaconSocket.portsDefault, ...beaconSocket.replyPorts];
  const [first, last] = [Math.min(...udp), Math.max(...udp)];
  const folder = join(root, 'dist', 'firewall');
  mkdirSync(folder, { recursive: true });
  const ufw = `[Parlance]
title=Parlance
description=A chat for the people on one network
ports=${node.port}/tcp|${first}:${last}/udp|${mdns.port}/udp
`;
  const firewalld = `<?xml version="1.0" encoding="utf-8"?>
<service>
  <short>Parlance</short>
  <description>A chat for the people on one network.</description>
  <port protocol="tcp" port="${node.port}"/>
  <port protocol="udp" port="${first}-${last}"/>
  <port protocol="udp" port="${mdns.port}"/>
</service>
`;
  writeFileSync(join(folder, 'parlance.ufw'), ufw);
  writeFileSync(join(folder, 'parlance.xml'), firewalld);
}
