/** The judgement of the doctor: all observations in, all findings out. Pure. */
import type { Finding } from './finding.js';
import {
  clockFinding,
  homeFinding,
  interfacesFinding,
  isolationFinding,
  nodeFinding,
  tcpFinding,
  udpFindings,
  vpnFinding,
} from './machine.js';
import { echoFindings, firewallFindings, heardFinding } from './network.js';
import type { Observations } from './observations.js';
import { peerFindings } from './peer.js';

/** Returns a finding for each check, in the order in which a person would look. */
export const judge = (seen: Observations): readonly Finding[] => [
  nodeFinding(seen),
  interfacesFinding(seen),
  tcpFinding(seen),
  ...udpFindings(seen),
  ...echoFindings(seen),
  ...firewallFindings(seen),
  heardFinding(seen),
  vpnFinding(seen),
  isolationFinding(seen),
  clockFinding(seen),
  homeFinding(seen),
  ...peerFindings(seen),
];
