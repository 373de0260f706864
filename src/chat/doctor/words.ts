/** The words of the doctor in English. A translation has the same shape, so a missing sentence does not compile. */

/** Names, addresses and times in a sentence. */
type Words<Count extends number> = Count extends 1
  ? (a: string) => string
  : Count extends 2
    ? (a: string, b: string) => string
    : (a: string, b: string, c: string) => string;

/** Every sentence of the doctor. */
export interface DoctorWords {
  readonly andMore: (shown: string, rest: number) => string;
  /** The meaning of a code of the system; null: it has none. */
  readonly meaning: (code: string) => string | null;
  readonly network: {
    readonly ways: Readonly<Record<'loopback' | 'broadcast' | 'multicast', string>>;
    readonly comeBack: Words<2>;
    readonly cannotBeSent: Words<3>;
    readonly doNotComeBack: Words<2>;
    readonly letOut: string;
    readonly letOutRules: string;
    readonly checkInterface: string;
    readonly openPorts: string;
    readonly heard: (count: number, names: string) => string;
    readonly heardAt: Words<2>;
    readonly on: Words<1>;
    readonly onNoNetwork: string;
    readonly seeInterfaces: string;
    readonly offLink: (count: number) => string;
    readonly notEven: Words<1>;
    readonly lastAt: Words<2>;
    readonly nobodyHeard: Words<3>;
    readonly openFirst: string;
    readonly oneNetwork: string;
    readonly isItRunning: string;
    readonly rulesForRoot: Words<2>;
    readonly rulesUnread: Words<1>;
    readonly noFirewall: Words<1>;
    readonly notInstalled: Words<1>;
    readonly chain: Words<1>;
    readonly zone: Words<1>;
    readonly refuses: Words<3>;
    readonly notClear: Words<3>;
    readonly admits: Words<1>;
    readonly and: string;
  };
  readonly machine: {
    readonly nodeRuns: (port: number) => string;
    readonly noNode: Words<1>;
    readonly noAddress: string;
    readonly isDown: Words<1>;
    readonly connect: string;
    readonly connectUp: Words<1>;
    readonly noRouter: Words<1>;
    readonly checkCable: string;
    readonly staysHere: Words<1>;
    readonly withoutBind: string;
    readonly tcpFails: (port: number) => string;
    readonly seeFirewall: string;
    readonly tcpOpen: (port: number) => string;
    readonly tcpFree: (port: number) => string;
    readonly tcpFreeAgain: (port: number, wanted: number) => string;
    readonly anotherProgram: string;
    readonly tcpUnusable: (port: number, why: string) => string;
    readonly chooseWithPort: string;
    readonly tcpTaken: (port: number, by: string) => string;
    readonly strict: Words<1>;
    readonly stopOrPort: Words<1>;
    readonly wouldMove: string;
    readonly hasMoved: (port: number) => string;
    readonly peersFind: Words<2>;
    readonly stopOrOpen: Words<1>;
    readonly udpListened: (port: number) => string;
    readonly udpUsable: (port: number) => string;
    readonly udpTaken: (port: number, by: string) => string;
    readonly stopThenRestart: Words<1>;
    readonly udpUnusable: (port: number, why: string) => string;
    readonly chooseBeaconPort: string;
    readonly noTunnel: string;
    readonly tunnelBeside: Words<1>;
    readonly tunnelTakes: Words<1>;
    readonly switchOff: string;
    readonly onlyVirtual: Words<1>;
    readonly hostNetwork: string;
    readonly notApart: string;
    readonly apart: Words<1>;
    readonly noIsolation: string;
    readonly noClock: string;
    readonly clocksAgree: Words<1>;
    readonly clockOff: (name: string, span: string, isAhead: boolean) => string;
    readonly ownClock: Words<1>;
    readonly aClock: Words<1>;
    readonly setOwnClock: string;
    readonly setThatClock: string;
    readonly noHome: Words<1>;
    readonly homeOfOther: Words<1>;
    readonly chooseHome: string;
    readonly homeReadOnly: Words<1>;
    readonly orAnotherHome: string;
    readonly othersRead: (files: string, directory: string) => string;
    readonly othersReadHome: Words<1>;
    readonly diskFull: (directory: string, megabytes: number) => string;
    readonly makeRoom: string;
    readonly homeFine: Words<1>;
  };
  readonly peer: {
    readonly unknown: Words<1>;
    readonly seePeers: string;
    readonly elsewhere: Words<3>;
    readonly network: Words<2>;
    readonly throughRouter: Words<1>;
    readonly joinNetworks: string;
    readonly ago: Words<1>;
    readonly onIts: Words<1>;
    readonly arrives: Words<3>;
    readonly answers: string;
    readonly arrivesNot: Words<2>;
    readonly butTcp: string;
    readonly openUdp: string;
    readonly isNodeRunning: Words<1>;
    readonly hears: Words<2>;
    readonly hearsNot: Words<2>;
    readonly oneDirection: string;
    readonly onMachineOf: Words<1>;
    readonly orItsCommand: string;
    readonly orItsCommandIsolation: string;
    readonly reached: Words<2>;
    readonly noPeerAddress: Words<1>;
    readonly giveAddress: string;
    readonly notReached: Words<3>;
    readonly butUdp: string;
    readonly butArrives: string;
    readonly startThere: Words<1>;
    readonly answersNot: Words<1>;
    readonly reachesHere: Words<2>;
    readonly notTried: Words<1>;
    readonly reachesNot: Words<3>;
    readonly openPort: string;
    readonly clockUnknown: Words<1>;
    readonly clockAgrees: Words<2>;
    readonly clockOff: (name: string, span: string, isAhead: boolean) => string;
    readonly setOneClock: string;
  };
}
