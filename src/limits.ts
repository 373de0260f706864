/**
 * Every number with a meaning: name, unit last, why it has that value. Numbers that a specification fixes stand
 * apart from those that are ours to choose. A layer adds its own here, never in its file.
 */

/** Fixed by `session-protocol` (wire version 1) and Noise revision 34. Changing one breaks interoperability. */
export const wireV1 = {
  version: 1,
  /** Noise: a message never exceeds this. */
  noiseMessageBytesMax: 65_535,
  tagBytes: 16,
  keyBytes: 32,
  preambleFullBytes: 6,
  preambleResumeBytes: 22,
  ticketIdBytes: 16,
  /** ver 1 + idKey 32 + serial 8 + notAfter 8 + sig 64. */
  certificateBytes: 113,
  /** Certificate and TLVs of handshake messages 2 and 3. */
  handshakePayloadBytesMax: 1_024,
  /** type 1 + len 2 before the content of a record. */
  recordHeaderBytes: 3,
  recordContentBytesMax: 16_384,
  /** Plaintext of a record is padded to a multiple of 64 up to 1 KiB, of 1 KiB above. */
  recordPaddingSmallBytes: 64,
  recordPaddingLargeBytes: 1_024,
  /** REKEY before each nonce that is a positive multiple of this. */
  rekeyEveryRecords: 65_536,
  sessionRecordsMax: 2 ** 32,
  sessionAgeMaxMs: 24 * 3_600_000,
  rekeySessionAfterMs: 3_600_000,
  rekeySessionAfterBytes: 2 ** 30,
  ticketAgeMaxMs: 24 * 3_600_000,
  ticketResumesMax: 64,
  ticketsMax: 512,
  handshakeDeadlineMs: 3_000,
  /** Each way, before the other side is authenticated. */
  unauthenticatedBytesMax: 4_096,
  restartsPerConnectionMax: 1,
} as const;

/** Ours, about native sessions. */
export const session = {
  /** One text of the greatest length with its header, and room for a dozen small utterances beside it. */
  dataBytesMax: 80 * 1_024,
  /** Silence after which the other side is asked for a sign of life: 64 bytes, at most every so often. */
  pingAfterSilenceMs: 5_000,
  /**
   * Silence after which the connection counts as dead. A peer that vanished without a word is to be noticed within
   * 15 s (faults, D7), and the sessions look once a second; a ping and four retransmissions fit in between.
   */
  silenceMaxMs: 13_000,
  /** Generations of one peer's tickets that are accepted: the current one, and those of resumes that were cut. */
  ticketGenerationsMax: 3,
  /** Ids in one receipt: 8 KiB, so that two receipts and some texts still share a record. */
  receiptIdsMax: 512,
} as const;

/** What one person may say at once, and how it is stored. */
export const text = {
  /** 64 KiB of UTF-8: a long letter; larger things are files. */
  messageBytesMax: 65_536,
  nameGraphemesMax: 64,
  nameBytesMax: 256,
} as const;

/** The local API on the control socket. */
export const controlApi = {
  /** `sun_path` holds 104 bytes on BSD and macOS, 108 on Linux, the closing NUL included. */
  socketPathBytesMax: 100,
  /** Node's own defaults let one slow client hold a socket for 91 s; with these it is 6 s. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  checkEveryMs: 1_000,
  /** An idle connection is kept: Node's 5 s would cut off a command whose node was frozen for longer, amid its request. */
  keepAliveMs: 60_000,
  connectionsMax: 32,
  /** A batch of `sendBatchBytesMax` text at the worst growth that JSON escapes cause (six for one). */
  bodyBytesMax: 8 * 2 ** 20,
  /** One event or one line of a body: a text of 64 KiB, escaped, and its fields. */
  lineBytesMax: 512 * 1_024,
  sendBatchLinesMax: 500,
  sendBatchBytesMax: 2 ** 20,
  historyLimitMax: 1_000,
  /** `historyLimitMax` messages of the longest text, escaped, would be 400 MB: nobody asks that; this bounds memory. */
  answerBytesMax: 128 * 2 ** 20,
  /** Streams say \`bye\` and end by themselves when the node closes; a client that holds on is cut off after this. */
  closeGraceMs: 300,
  /** The routes are loaded with the first request, or when the node has had its start to itself for so long. */
  loadAfterMs: 1_000,
  /** Longer than any deadline inside the node: whoever waits so long has lost it. */
  replyDeadlineMs: 30_000,
  /** Events written ahead of a slow reader before the node is asked for no more. */
  eventsAheadBytesMax: 256 * 1_024,
} as const;

/** The command line and the prompt. */
/** The log file: 50 MB at the most, some weeks of a busy node at `info`. */
export const logFile = {
  bytesMax: 10 * 2 ** 20,
  /** With the one that is written. */
  filesMax: 5,
} as const;

export const cli = {
  timeoutMs: 30_000,
  timeoutMsMax: 86_400_000,
  /** A node that has just started gives the others so long to answer its first beacon before a peer is unknown. */
  discoveryMs: 2_500,
  pollMs: 100,
  /** Full outbox: looked at again at the latest after this. */
  outboxPollMs: 250,
  /** Another command is just starting or ending a node in this home. */
  homeBusyMs: 3_000,
  /** A signal ends the program within 2 s, whatever hangs. */
  shutdownMs: 1_800,
  stdinLineBytesMax: 4 * 2 ** 20,
  settingsBytesMax: 64 * 1_024,
  historyPageLines: 500,
  promptPageLines: 20,
  inputHistoryLines: 500,
  beaconIntervalSecondsMax: 3_600,
  maxConnectionsMax: 64,
  /** Width of the help where nobody knows how wide the reader's page is. */
  helpColumns: 80,
  /** Narrower columns of explanations are not broken by us. */
  helpWrapColumnsMin: 16,
  /** Rows of what was printed whose delivery marks are still corrected in place. */
  marksKept: 200,
} as const;

/** Who somebody is, and how that is compared (`session-protocol` section 6; the forms of Syncthing and Signal). */
export const identity = {
  /** The file with the keys has some 400 bytes. */
  fileBytesMax: 16_384,
  /** The static key is rotated yearly; the identity, and so every pin, stays. */
  staticKeyAgeMaxMs: 365 * 24 * 3_600_000,
  /** Base32 of 32 bytes, then with one check character after every 13. */
  idCharsBare: 52,
  idChars: 56,
  idCheckEveryChars: 13,
  idGroupChars: 7,
  tagChars: 4,
  safetyIterations: 5_200,
  /** Thirty digits for each of the two. */
  safetyDigits: 60,
} as const;

/** Text of strangers in front of a person. */
export const display = {
  /** More marks on one letter than any living script needs are drawn over the neighbouring lines. */
  combiningMarksMax: 6,
  /** A raw name is cut here before anything looks at it. */
  rawNameCharsMax: 4_096,
} as const;

/** JSON from anybody, checked before `JSON.parse` sees it. */
export const json = {
  bytesMax: 65_536,
  depthMax: 16,
  keysMax: 1_000,
} as const;

/** One beacon datagram: fits any MTU with room for tunnels. The layout is fixed by `session-protocol` section 6. */
export const beacon = {
  datagramBytesMax: 1_200,
  jsonDepthMax: 2,
  jsonKeysMax: 16,
  /** magic 4, version 1, type 1, idKey 32, bootId 8, seq 4, time 8, tcpPort 2. */
  fixedBytes: 60,
  signatureBytes: 64,
  bootIdBytes: 8,
  instanceBytes: 8,
  nonceBytes: 16,
  nameBytesMax: 64,
  wireVersionsMax: 16,
  recordBytesMax: 512,
} as const;

/** Which beacons are looked at, and how much that may cost (`faults` section 4, *Discovery*). */
export const beaconGate = {
  /** Per source, before anything is parsed. */
  sourceRatePerSecond: 5,
  sourceBurst: 20,
  /** Sources remembered; the one unheard for longest gives way. */
  sourcesMax: 4_096,
  /** A cookie is good for this long, and for as long again. */
  cookiePeriodMs: 30_000,
  challengeEveryMs: 1_000,
  answerEveryMs: 1_000,
  /**
   * Challenges over all sources: some 30 us each with the sending, so 10,000 forged sources a second leave most of a
   * core. A newcomer that misses its turn hears our own beacon and greets us where beacons leave, apart from the flood.
   */
  challengesPerSecond: 1_500,
  replyChallengesPerSecond: 500,
  /** Signature checks per second, 200 in all: 142 us each would otherwise let 1,000 beacons take 14 % of a core. */
  contactVerifyPerSecond: 50,
  rosteredVerifyPerSecond: 50,
  cookieVerifyPerSecond: 100,
  /** First sight without a cookie: the clocks may differ by this much. */
  clockSkewMaxMs: 600_000,
  /** Identities whose last sequence number is remembered, so that an old beacon does not revive them. */
  freshnessMax: 2_048,
  /** A beacon that names a lower port wants us to knock at somebody's service. */
  tcpPortMin: 1_024,
} as const;

/** Who is around. */
export const roster = {
  rowsMax: 512,
  /** Identities behind one address; on this machine, where every home shares it, more. */
  identitiesPerAddressMax: 4,
  identitiesPerLocalAddressMax: 128,
  addressesPerPeerMax: 8,
  beaconIntervalMs: 8_000,
  /** Native: online until two beacons are missed, and the second had time to arrive. */
  missedBeaconsMax: 2,
  missedBeaconGraceMs: 2_000,
  /** The oldest dialect's own rules. */
  legacyOnlineMs: 10_000,
  awayMs: 15 * 60_000,
} as const;

/** What waits for a peer, and how often it is tried (`faults` section 4, *Delivery*). */
export const outbox = {
  /** What may wait over all peers (faults, section 4): past it a message is refused visibly. */
  linesMax: 10_000,
  bytesMax: 256 * 2 ** 20,
  /** Held in memory and under way to one peer; the rest stays in the history. */
  windowBytesMax: 2 ** 20,
  windowLinesMax: 4_096,
  /** Lines handed to the session in one piece. */
  sayLinesMax: 512,
  dialDelayMinMs: 1_000,
  dialDelayMaxMs: 60_000,
  /**
   * After a session that brought something was lost, so many tries come before the delay is `dialDelayMinMs`, each
   * after half the time of the next: 31, 62, 125, 250 and 500 ms. A restarted worker of the peer serves again by then.
   */
  quickDials: 5,
  /** Jitter takes away up to this share of a delay, so that peers of one outage do not return together. */
  jitterShare: 0.5,
  /** A beacon makes us dial at once, but not more often than this. */
  presenceDialEveryMs: 5_000,
  /** A dial that nobody reported on counts as failed. */
  dialDeadlineMs: 30_000,
  loadDeadlineMs: 10_000,
  /** No receipt for so long: say it again, then after twice the time; 2 + 4 + 8 s make a dead peer known within 15 s. */
  receiptWaitMs: 2_000,
  sayAgainMax: 2,
} as const;

/** Ports on which an older program is found when its address names none. Synergy and Netech have no usual port. */
export const legacyPorts = {
  cmp2204: 6_001,
  chatbuddy: 9_090,
  cse310: 65_500,
} as const;

/** The history: one SQLite file, one writer. */
export const history = {
  /** Lines per row of the table `span`. Fixed by migration 1: changing it makes stored rows wrong. */
  spanLines: 1_024,
  /** Lines marked by one statement: past this the gain is small, and most receipts name fewer. */
  markChunkIds: 64,
  /** Pages SQLite keeps in memory: the hot ends of three indexes of a million lines fit. */
  cacheKib: 32_768,
  /** A checkpoint runs after the replies once about so much was written to the WAL: short enough not to be felt. */
  checkpointAfterBytes: 4 * 2 ** 20,
  /** SQLite's own checkpoint, inside a commit: the backstop should the estimate above be far off. 16 MiB of pages. */
  checkpointBackstopPages: 4_096,
  /** What the WAL file is cut back to after a large transaction. */
  walBytesMax: 16 * 2 ** 20,
  /** What one line adds to the WAL besides its text, roughly: its row and its place in three indexes. */
  walBytesPerLine: 300,
  /** Pages that a commit writes however small it is: table, indexes, their parents. */
  walBytesPerCommit: 10 * 4_096,
  /** A file up to this size is checked whole when it is opened (about 0.1 s); damage in a larger one shows on use. */
  checkBytesMax: 64 * 2 ** 20,
  /** Two processes never share a home; a copy or an inspection of the file may hold it for a moment. */
  lockWaitMs: 2_000,
  /** How soon a file that failed is opened again (goal: recovered < 5 s after the cause is gone). */
  reopenDelayMs: 500,
  /** Most lines and bytes of text in one answer: what a receiver takes in one message without a stall. */
  pageLinesMax: 10_000,
  pageBytesMax: 16 * 2 ** 20,
  /** Lines read in one step towards an answer, so that the limit in bytes is noticed in time. */
  pageStepLines: 256,
  /** Lines indexed for search in one transaction: about 20 ms. */
  indexSliceLines: 2_000,
  /** Without an append for this long the history is idle and indexes. */
  indexIdleMs: 50,
  /**
   * More unindexed lines than this are indexed although appends go on: a search catches up within 2 s. Indexing beside
   * appends halves their rate, so a flood of this size is taken at full speed and indexed when it is over.
   */
  indexLagLinesMax: 200_000,
  /** A query of more terms or characters says nothing a shorter one does not. */
  queryTermsMax: 32,
  queryCharsMax: 1_024,
  /** Names of peers kept in memory as row numbers. */
  peerCacheMax: 10_000,
  /** Salvage before the history starts; the rest follows in slices while it runs (start deadline: 10 s). */
  salvageAtStartMs: 3_000,
  salvageStepMs: 50,
  salvageSliceLines: 500,
  salvageReadsMax: 200,
  /** A hole in a damaged file is leapt in doubling steps; after so many in a row there is nothing more beyond. */
  salvageLeapsMax: 40,
} as const;

/** Mailboxes, supervision and the watchdogs of the runtime. */
export const runtime = {
  /** Envelopes an actor may have waiting; a full mailbox is a value for its sender. */
  mailboxMax: 4_096,
  /** Envelopes a sender keeps per link until they are acknowledged as handled. */
  linkCreditMax: 4_096,
  /** Envelopes in one `postMessage`: past 64 the gain per envelope is below 2 %. */
  linkBatchMax: 256,
  /** Envelopes a receiver may have handled before it says so at once: a quarter of the credit. */
  acknowledgeEvery: 1_024,
  callDeadlineMs: 10_000,
  /** A deadline that comes later than it was due by this: the process was frozen, asleep or not given the processor. */
  standstillMs: 500,
  readyDeadlineMs: 10_000,
  shutdownMs: 2_000,
  heartbeatEveryMs: 800,
  /** An actor that has not answered for this long is in an endless loop or its port is dead (goal: replaced < 3 s). */
  heartbeatDeadlineMs: 1_900,
  /** `external + arrayBuffers` of one worker; V8's own limits do not count what lies off heap. */
  offHeapBytesMax: 128 * 2 ** 20,
  workerHeapMbMax: 256,
  /** A worker with so much in use after a collection is replaced, before V8 ends it at a moment that nobody chose. */
  workerHeapHighBytes: 192 * 2 ** 20,
  /** … and with so much it ends itself before its next native call. */
  workerHeapFullBytes: 224 * 2 ** 20,
  /** Native calls between two looks at the heap: what they allocate meanwhile is a small part of what is left. */
  nativeCallsPerHeapLook: 16,
  /**
   * A thread that is inside native code for longer is ended all the same, whatever that does to the process. Beyond
   * every wait of a disk that still answers; a thread in native code cannot end sooner than it returns anyway.
   */
  nativeCallMsMax: 60_000,
  /**
   * V8 lets a worker whose heap is full grow by 16 MiB while it ends it, and aborts the whole process when one
   * collection promotes more than that; so the space it promotes from (a third of this) stays below. Without it Node 24
   * aborted in 4 of 18 trials, with it in none.
   */
  workerYoungHeapMbMax: 24,
  /** A crash at the same envelope this many times makes it a dead letter. */
  poisonTriesMax: 3,
  deadLettersMax: 1_000,
  restartsMax: 5,
  restartWindowMs: 10_000,
  restartDelayMinMs: 5,
  restartDelayMaxMs: 2_000,
  /** Envelopes between two calls of `settle`: large enough for a group commit, small enough to be fair. */
  drainMax: 512,
  /** Drains that may follow each other as microtasks before I/O gets its turn. */
  drainsPerTurnMax: 64,
  /** After a crash so many envelopes are settled one by one, so that a poison message is told from its neighbours. */
  cautiousEnvelopes: 1_024,
  /** A handler that awaits for longer than this is taken for hung; nothing in a handler waits longer than a dial. */
  handlerDeadlineMs: 60_000,
  /** Actors in one thread; each has two words in the shared progress table. */
  actorsPerThreadMax: 4_096,
  /** How long a named thread without actors stays warm: a new one costs 30 ms. */
  threadIdleMs: 30_000,
  /** A link whose port closed although both ends live is joined anew after this; a dying thread says so sooner. */
  linkRepairMs: 100,
  /** Tasks waiting in a pool, per thread of it. */
  poolQueuePerThreadMax: 256,
} as const;

/** The five older programs. What they do is theirs; what we accept from them is ours. */
export const legacy = {
  /** Their readers call `recv(1024)` once and take what came as one message: nothing we write is longer. */
  writeBytesMax: 1_024,
  /** What we read as one message: other answers to the same assignments do not stop at 1,024; ours is the bound of a text. */
  frameBytesMax: 65_536,
  /** Depth and keys of a JSON message: the real ones have depth 1 and four keys. */
  jsonDepthMax: 16,
  jsonKeysMax: 64,
  /** First bytes of a connection that may be looked at to tell its dialect; the longest real opening has 25. */
  sniffBytesMax: 1_024,
  /** Silence that ends a message where nothing else does: longer than the gap between two segments of one write, shorter than people and scripts wait. */
  idleGapMs: 60,
} as const;

/** The toy cipher of cmp2204, fixed by the program; the digits are ours. */
export const toyCipher = {
  keyBytes: 24,
  blockBytes: 8,
  /** A longer shared number would not fit the key in base64. */
  digitsMax: 18,
} as const;

/** Who is there, as cmp2204 sees it: fixed by the program, but for the bounds of what we keep and read. */
export const cmp2204Presence = {
  onlineMs: 10_000,
  awayMs: 15 * 60_000,
  /** As many rows as a large school network has machines in one segment. */
  peersMax: 512,
  /** 512 rows of a name of 256 bytes, escaped, and a hundred bytes beside it. */
  fileBytesMax: 2 ** 20,
} as const;

/** The hub of chatbuddy. */
export const chatbuddyHub = {
  /** "Up to 100 simultaneous users", fixed by the program. */
  usersMax: 100,
  /** A list of 100 users with the longest names and addresses takes half of this. */
  listBytesMax: 65_536,
  /** Fixed by the program. */
  port: 8_080,
  /** Connections that have not said their name yet, and how long they may take: the real client says it at once. */
  unnamedMax: 32,
  nameDeadlineMs: 10_000,
  /** Connections that the hub ends are logged at most so often for each reason; the rest are counted. */
  faultLogEveryMs: 5_000,
  /** The client's pause after its name: twice the silence by which the hub tells that the name has ended. */
  nameGapMs: 120,
  answerDeadlineMs: 3_000,
  /** A hub that is full may take a connection only to close it: who is still connected after this is registered. */
  settledMs: 1_000,
  /** Of what the hub says unasked; its first line is shown as the reason of an end. */
  saidBytesMax: 256,
  /** A hub that is down is tried again after this, then after twice the time. */
  retryMinMs: 500,
  retryMaxMs: 15_000,
} as const;

/** Peers that synergy and netech remember while they run. */
export const legacyPeers = {
  /** A class of hundreds; a peer beyond that makes the oldest one without a connection forgotten. */
  activeMax: 512,
  /** synergy gives up sending after this, and says which peer it was. Configurable. */
  sendDeadlineMs: 20_000,
} as const;

/** Who gets one of the few connections that are served at once. Spec: faults.md N1, N2, N6 and section 4. */
export const admission = {
  connectionsMax: 5,
  /** Only known contacts may use these; none where there is just one connection in all. */
  reservedConnections: 1,
  unauthenticatedPerAddressMax: 2,
  /** In total, from the moment the connection was accepted. */
  handshakeDeadlineMs: 3_000,
  /**
   * How long a caller that finds no room is heard and kept before BUSY: a session that was asked to park frees its
   * place within a few ms, and a refusal is due within 50.
   */
  waitMs: 30,
  /** A session that was asked to park is gone after this. Callers whose turn is next ask this often. */
  parkMs: 15,
  /**
   * Callers that wait; beyond it some are dropped, of the address that has most of them. As many as older programs may
   * be: each of a burst of theirs is silent until its words are here, and on a busy machine that can take a while.
   */
  waitingMax: 256,
  /** Older programs that wait, counted apart: a pasted text is a connection for each line, all within a moment. */
  legacyWaitingMax: 256,
  /** Refusals on their way to who may never read them; beyond it callers are dropped without a word. */
  refusalsLingeringMax: 64,
  /** A silent caller loses its place to one that speaks after this: its first bytes may be in flight for so long. */
  silentProtectedMs: 20,
  /** … and to another silent one only after this. */
  silentAmongSilentProtectedMs: 500,
  /** A caller whose handshake runs is left alone for so long; an honest one needs some 20 ms on a LAN. */
  speakingProtectedMs: 250,
  /** A caller with a ticket of ours gives way to nobody for so long. */
  ticketProtectedMs: 1_000,
  /**
   * A session is not asked to make room before this: where callers follow each other without a pause, each would be
   * parked before its first message was answered, and would bring it again for ever.
   */
  sessionSettledMs: 25,
  /** A session is asked to make room at most this often. */
  slotWantedEveryMs: 200,
  /** Authenticated, no contact, silent: its place is taken back after this. */
  strangerIdleMs: 60_000,
  /** … or after this, when a contact wants it. */
  strangerIdleForContactMs: 1_000,
  /**
   * Full handshakes, before any key agreement. Wider than the 2/s and 10/s of session-protocol 5.7: fifty people may
   * sit behind one address, and one handshake costs some 1 ms of CPU, so the worst case stays near 5 % of a core.
   */
  handshakesPerAddressPerSecond: 10,
  handshakesPerAddressBurst: 20,
  handshakesPerSecond: 50,
  handshakesBurst: 100,
  /** Part of the total burst that strangers leave to known addresses. */
  handshakesReserved: 20,
  /** Attempts with a ticket we know: tickets travel in clear, so a replay must be bounded too. */
  resumesPerSecond: 200,
  resumesBurst: 400,
  penaltyNoAuthenticationMs: 1_000,
  penaltyMostMs: 600_000,
  /** Many homes share the loopback address, so one of them must not keep the others out. */
  penaltyLoopbackMostMs: 1_000,
  /** Addresses with a penalty or a handshake budget that are remembered. */
  addressesMax: 1_024,
  knownAddressesMax: 4_096,
  /** Both generations of 512 tickets. */
  knownTicketsMax: 1_024,
  /**
   * An older program has no way to try again, and its message takes a place for milliseconds only: it is kept waiting
   * for so long before it is dropped. Room for a burst of a few hundred while one place is free.
   */
  legacyCallerWaitMs: 10_000,
  /** People type slowly: a talk with an older program cannot be resumed, so it may be silent for longer. */
  talkIdleMs: 15 * 60_000,
  /** … but gives way to others after this. */
  talkGiveWayMs: 60_000,
  /** … and much sooner when nobody has said anything on it: a port scan holds a place like that. */
  talkUnspokenGiveWayMs: 5_000,
  /** A connection that carries one message: silence after which it ends, although its program does not close it. */
  messageIdleMs: 2_000,
  /** … and its time in all: a key exchange takes milliseconds. */
  messageDeadlineMs: 10_000,
  /** … but it gives way to others after this, however lively it is. */
  messageGiveWayMs: 2_000,
  /** Programs of cmp2204 that agree on a key before they ask for the text: its user may think about it for so long. */
  typedDeadlineMs: 5 * 60_000,
  /** … but gives way to others after this: before the one who wants the place has waited `legacyCallerWaitMs`. */
  typedGiveWayMs: 5_000,
  /** An address keeps its places for older programs while somebody else wants one, unless it wants more than these. */
  legacyPerAddressMax: 2,
  /** Then each is left alone for so long: an honest one has brought its message by then, and is gone. */
  legacyProtectedMs: 500,
  /**
   * The next turn of an address is put off for so long by each ms that it was on a place, up to `heldMostMs`: who
   * leaves at once stays before 64 addresses that hold every place for half a second.
   */
  heldWeight: 16,
  heldMostMs: 500,
  /** Who was told to wait may still want a place for so long: who is told BUSY comes back within `busyRetryMaxS`. */
  wantedForMs: 2_500,
  busyRetryMinS: 1,
  busyRetryMaxS: 2,
} as const;

/** Sockets. */
export const transport = {
  /** `port` and those after it that are tried when it is taken. */
  portTriesMax: 100,
  listenBacklog: 511,
  /** A socket is not read while more than this waits for its session. */
  streamBytesHigh: 256 * 1_024,
  streamBytesLow: 128 * 1_024,
  /** A session that writes past this without heeding its credit has a fault; the connection is ended. */
  unsentBytesMax: 4 * 2 ** 20,
  /** After our end of a connection was flushed: how long the other side may take to end its own. */
  lingerMs: 250,
  /** How long flushing may take before the socket is destroyed. */
  flushMs: 1_000,
  keepAliveDelayMs: 10_000,
  dialsMax: 16,
  dialDeadlineMsMax: 30_000,
  hostLengthMax: 253,
  errorLogEveryMs: 5_000,
  /** Interfaces are looked up at most this often. */
  interfacesAgeMs: 2_000,
} as const;

/** How beacons are sent and heard. What they contain and cost is in `beacon` and `beaconGate`. */
export const beaconSocket = {
  portsDefault: [6_000, 6_001],
  /** A beacon never passes a router. */
  ttl: 1,
  /** A burst of neighbours that all start at once fits. */
  receiveBufferBytes: 2 ** 20,
  /** So that nodes which started together do not speak together for ever. */
  intervalJitter: 0.1,
  lookEveryMs: 2_000,
  ageEveryMs: 1_000,
  /** Changes are gathered for so long before the node hears of them. */
  tellAfterMs: 20,
  twinToldEveryMs: 10_000,
  goodbyeMs: 300,
  /** What comes to the socket that beacons leave by; a network of hundreds answers a newcomer at once. */
  heardPerSecond: 2_000,
  heardBurst: 4_000,
  /** Each costs a signature: a forger of source addresses must not have more than this from us. */
  answersPerSecond: 100,
  answersBurst: 400,
  cookieSecretBytes: 32,
  /** Sequence numbers start from the uptime in tenths of a second: 32 bits last 13 years. */
  seqTickNs: 100_000_000n,
  seqLast: 0xffff_ffff,
} as const;

/** The actor around a live session. */
export const sessionActor = {
  /** Deadlines inside a session are seconds; once a second is exact enough. */
  tickEveryMs: 1_000,
  /** Words given to the node and not committed yet, per session; past it the peer's bytes wait in its socket. */
  uncommittedBytesMax: 2 ** 20,
  /** What an utterance weighs besides its text: ids, times and the object around them. */
  utteranceOverheadBytes: 128,
} as const;

/** The feed of events. */
export const feed = {
  /** Events one reader may have waiting: some seconds at full speed, some tens of megabytes at most. */
  eventsWaitingMax: 200_000,
  /** Stored messages read at once by a reader that resumes. */
  resumePageLines: 1_000,
  /** Lines of a transcript when nothing else is asked, and at most in one answer. */
  historyLines: 100,
  historyLinesMax: 10_000,
  /** Commands may dial and search; longer than this is a failure. */
  commandDeadlineMs: 15_000,
} as const;

/** Whom the node dials and remembers. */
export const dialing = {
  /** A peer on the same network answers in milliseconds, or not at all. */
  connectDeadlineMs: 3_000,
  /** An address whose handshake failed is kept out this long (faults, section 4: penalties). */
  failurePenaltyMs: 5_000,
  /** Failed sessions are logged once per source in so long, of so many sources; the rest are counted. */
  failureLog: { everyMs: 5_000, sourcesMax: 16 },
  /** Pinned keys; past it strangers are served but not remembered. */
  contactsMax: 20_000,
  /** A peer may change its name so often; each change is a row on disk and an event. */
  renameEveryMs: 1_000,
  /** How long a new peer may take to tell its name before it is shown without. */
  nameWaitMs: 200,
  expireEveryMs: 3_600_000,
} as const;

/** A node when nothing else is said, and how patient its supervisor is. */
export const node = {
  bind: '0.0.0.0',
  port: 6_001,
  /** As the course programs that we talk with: five conversations at once. */
  connectionsMax: 5,
  nameDefault: 'anonymous',
  /** For the goodbye to leave at the end; without it the others notice two missed beacons. */
  goodbyeDeadlineMs: 500,
  /** As the oldest dialect has it; whoever misses two is away. */
  beaconIntervalMs: 8_000,
  /** Threads for the cipher work of all sessions: one for each core of a small machine. */
  sessionThreads: 2,
  /** A burst of crashes is survived, a steady storm is not: then the disk or the program is broken for good. */
  restartsMax: 10,
  restartWindowMs: 10_000,
  /** Messages known to crash the history; there should be none at all. */
  poisonIdsMax: 1_000,
} as const;

/** Talks with older programs, as the node holds them. */
export const talks = {
  /** One message over its own connection, its key exchange included; a peer on the same network needs milliseconds. */
  sayDeadlineMs: 10_000,
  /**
   * Words of a later connection wait for those of an earlier one of the same program and address that is still open: a
   * burst of connections is read by several threads, and must be shown in its order. They wait for so many looks from
   * when the earlier one is read, 1 s on a machine that is not overloaded.
   */
  orderLooks: 20,
  orderLookMs: 50,
  /** Failures are logged at most so often per dialect; the rest are counted. */
  failureLogEveryMs: 5_000,
  /** Presence of peers that send no announcements is looked at so often. */
  ageEveryMs: 5_000,
  /** Everybody is told when the node ends; who cannot be reached by then is not waited for. */
  farewellMs: 1_000,
  /** `online_peers.txt` is written at every beacon; beacons that come within this share one write. */
  fileWriteAfterMs: 50,
  /** Lines for `chat_history.txt` that wait for the disk. */
  fileLinesWaitingMax: 10_000,
} as const;

/** The roles and menus of the older programs on the command line. */
export const roles = {
  /** At a terminal the menu comes back after this; what became of the message is told when it is known. */
  deliverWaitMs: 3_000,
  /** From a pipe the next line waits for the one before it: that the program ends must not end what it was told. */
  deliverWaitPipedMs: 5_000,
  /** … with synergy until it gives up, and this much more. */
  giveUpMarginMs: 1_000,
  /** Ends of messages that overtook the answer which names their ids. */
  statusesKept: 1_000,
  /** cmp2204: the private number is at most its prime; this one unless the environment says another. */
  toyPrime: 23,
  /** Log lines of a hub that wait for a slow reader; of more it is said how many were left out. */
  hubLinesWaitingMax: 1_000,
  /** Lines of the history choice. */
  historyLines: 50,
  leavePollMs: 25,
  /** How long everybody is told that we leave before the program ends without them. */
  leaveMs: 1_500,
} as const;
