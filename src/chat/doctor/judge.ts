/** The judgement of the doctor: all observations in, all findings out. Pure. */
import { englishDoctor } from './english.js';
import type { Finding } from './finding.js';
import { activeFirewall } from './firewall/active.js';
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
import type { DoctorWords } from './words.js';

/** Returns a finding for each check, in the order in which a person would look. */
export function judge(observations: Observations, words: DoctorWords = englishDoctor): readonly Finding[] {
  const seen = { ...observations, words };
  const firewall = activeFirewall(seen);
  return [
    nodeFinding(seen),
    interfacesFinding(seen),
    tcpFinding(seen, firewall.tool),
    ...udpFindings(seen),
    ...echoFindings(seen, firewall),
    ...firewallFindings(seen, firewall),
    heardFinding(seen, firewall),
    vpnFinding(seen),
    isolationFinding(seen),
    clockFinding(seen),
    homeFinding(seen),
    ...peerFindings(seen, firewall.tool),
  ];
}
