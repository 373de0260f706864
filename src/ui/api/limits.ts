/** The numbers of the local API on the control socket. */

/** Bounds and times of the control socket. */
export const controlApi = {
  /** Characters of one path, and paths in one offer: what shells pass on. */
  pathCharsMax: 8_192,
  pathsMax: 4_096,
  /** Characters of the remark with an offer. */
  commentCharsMax: 1_024,
  /** Bytes of the path: `sun_path` holds 104 on BSD and macOS, 108 on Linux, the closing NUL included. */
  socketPathBytesMax: 100,
  /** Time for the head and the body of a request: the defaults of Node let a slow client hold a socket for 91 s. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  checkEveryMs: 1_000,
  /** 0: an idle connection is kept. It shows that its client is still attached. */
  keepAliveMs: 0,
  /** Connections of all clients, each of which has one to five. */
  connectionsMax: 256,
  /** Time that a node for commands outlives its last client: the next command of a script finds it there. */
  lingerMs: 2_000,
  /** Time without a call after which a node at rest releases its home. A reader that pauses holds up nobody. */
  restIdleMs: 250,
  /** Time that a node for commands waits for its first client: a busy machine may take this long. */
  firstClientMs: 15_000,
  /** Bytes of the log that are read for the reason why a node did not start. */
  logTailBytes: 8_192,
  /** Size at which `node.log` is renamed before a node starts: each failed start adds some lines. */
  nodeLogBytesMax: 2 * 2 ** 20,
  /** Attempts to attach to a node that ends meanwhile. */
  attachAttemptsMax: 20,
  /** Pause between two attempts to attach. */
  attachPauseMs: 50,
  /** Bytes of a body: a batch of `sendBatchBytesMax` text at the worst growth by JSON escapes (six for one). */
  bodyBytesMax: 8 * 2 ** 20,
  /** Bytes of one event or one line of a body: a text of 64 KiB, escaped, and its fields. */
  lineBytesMax: 512 * 1_024,
  sendBatchLinesMax: 500,
  sendBatchBytesMax: 2 ** 20,
  historyLimitMax: 1_000,
  /** Characters of a word that names a peer, or of a safety code: ids, addresses and codes have at most a quarter. */
  peerWordCharsMax: 512,
  /** Characters of a search: a search of 32 terms is far below. */
  searchCharsMax: 4_096,
  /** Characters of a raw name: the node cleans it and then bounds it. */
  nameCharsMax: 4_096,
  /** Characters of the raw text of a status: the node joins its blanks and then bounds its bytes. */
  statusTextCharsMax: 4_096,
  /** Bytes of one answer: bounds memory. `historyLimitMax` messages of the longest text, escaped, would be 400 MB. */
  answerBytesMax: 128 * 2 ** 20,
  /** Time that clients have to leave after streams have said `bye`. A client that stays is cut off. */
  closeGraceMs: 300,
  /** Time after the start of the node at which the routes are loaded, unless a request comes sooner. */
  loadAfterMs: 1_000,
  /** Time to wait for a reply: longer than any deadline inside the node, so a later one does not come. */
  replyDeadlineMs: 30_000,
  /** Bytes of events written ahead of a slow reader before the node is asked for no more. */
  eventsAheadBytesMax: 256 * 1_024,
  /** Time that a command waits where the caller names none. */
  timeoutMs: 30_000,
  /** Pause between two checks of a full outbox. */
  outboxPollMs: 250,
} as const;
