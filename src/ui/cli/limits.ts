/** The numbers of the command line: commands, the prompt, the log file, the roles of the older programs. */

/** Commands and the prompt. */
export const cli = {
  /** Time after which a start counts as slow, and the user reads why the command waits. */
  slowStartMs: 10_000,
  /** Pause between two typing notices: those of the node are as rare. */
  typingEveryMs: 3_000,
  timeoutMsMax: 86_400_000,
  /** A day. */
  minutesMax: 1_440,
  /** Time for others to answer the first beacon of a new node. A peer that is silent by then is unknown. */
  discoveryMs: 2_500,
  /** Time that `peers` listens without a node: a beacon of every peer, sent each 8 s, and a second for its way. */
  listenMs: 9_000,
  pollMs: 100,
  /** Pause between two tables of `top`. */
  topEveryMs: 1_000,
  /** Size of a terminal that does not tell it. */
  columnsDefault: 80,
  rowsDefault: 24,
  /** Time that a completion waits for the peers of a node: a user presses Tab and waits. */
  completeMs: 800,
  /** A node that lived shorter than this may be ending for a lasting reason; after `shortLivesMax` in a row it is. */
  shortLifeMs: 5_000,
  shortLivesMax: 3,
  /** Time that a call of the prompt waits for the next node when its node ended: a start on a busy machine. */
  nextNodeMs: 15_000,
  /** Time for an orderly end after a signal: the program ends within 2 s, whatever hangs; on a quiet machine. */
  shutdownMs: 1_800,
  /**
   * Slice of a process time. Where the timer of a slice fires late by more than `timerLateMs`, the excess does not
   * count.
   */
  timerSliceMs: 20,
  timerLateMs: 2,
  stdinLineBytesMax: 4 * 2 ** 20,
  settingsBytesMax: 64 * 1_024,
  historyPageLines: 500,
  promptPageLines: 20,
  /** Rows of a message that the prompt shows; `/show` shows the rest. */
  messageRowsMax: 20,
  /** Folded messages that `/show` finds at once. */
  foldedKept: 100,
  /** Peers among which a mistyped name is looked for. */
  suggestedPeersMax: 1_000,
  inputHistoryLines: 500,
  beaconIntervalSecondsMin: 0.1,
  beaconIntervalSecondsMax: 3_600,
  maxConnectionsMax: 1_000,
  /** Columns of the help where the width of the page is unknown. */
  helpColumns: 80,
  /** Columns of an explanation below which its lines are not wrapped. */
  helpWrapColumnsMin: 16,
  /** Printed rows whose delivery marks are still corrected in place. */
  marksKept: 200,
  /** Unread messages that opening a conversation shows at once: four screens. */
  promptUnreadLines: 100,
  /** Time that a leaving user waits for the list of waiting messages: one answer of the node. */
  farewellMs: 1_000,
  /** Ids in one request that withdraws messages: far below the bound of a body. */
  withdrawChunkIds: 500,
  /** Characters of an id that a user must give at least, and those that a list shows. */
  shortIdChars: 4,
  shownIdChars: 8,
  /** Characters of a message that a list shows. */
  previewGraphemes: 60,
} as const;

/** The input line of the prompt. */
export const editor = {
  /**
   * Pause that ends a burst of input. A paste arrives in pieces with less between them, and nobody types two lines in
   * this time.
   */
  burstGapMs: 20,
  /** Pause that tells a lone Escape from the start of a sequence. */
  escapeGapMs: 50,
  /** Pause that ends a paste whose end mark is lost. */
  pasteGapMs: 2_000,
  /** Characters of a paste: a message holds 64 KiB, so that a longer paste is a mistake. */
  pasteCharsMax: 2 ** 20,
  /** Time after the start in which input may have been typed before it. */
  typedAheadMs: 200,
  /** States of the line that can be restored. */
  undoStatesMax: 100,
  /** Fewest columns of the text beside the prompt; a longer prompt is cut. */
  textColumnsMin: 10,
} as const;

/** Labels of peers and times of messages on a screen. */
export const naming = {
  /** Characters of the tag of a shared name, as the node has them (`people/limits.ts`). */
  tagChars: 8,
  /** Difference of two clocks that is worth a remark: two minutes. A message takes less on its way. */
  clockDifferenceMs: 120_000,
} as const;

/** The file with the memory of the prompt. */
export const memory = {
  /** Characters of all its lines: 500 lines of a usual length are a tenth of it. */
  charsMax: 2 ** 18,
  /** Characters of a line that is kept: a message of 64 KiB is the longest. */
  lineCharsMax: 2 ** 16,
  /** Conversations with unsent lines. */
  draftsMax: 64,
  /** Time after a change until the file is written. */
  delayMs: 500,
} as const;

/** The log file: 50 MB at most, some weeks of a busy node at `info`. */
export const logFile = {
  bytesMax: 10 * 2 ** 20,
  /** Files, the current one included. */
  filesMax: 5,
  /** Pause between two checks whether the file still has its name: logrotate moves it away. */
  nameCheckMs: 1_000,
} as const;

/** The log of a node that commands share, `node.log` in the home: 4 MB at most. */
export const nodeLog = { bytesMax: 2 * 2 ** 20, filesMax: 2 } as const;

/** The row that shows the progress of long work. */
export const progressRow = {
  /** Work that takes less than this shows nothing. */
  shortWorkMs: 400,
  /** Time after which `--json` tells that a node starts: a usual start takes less on a busy machine, too. */
  startLineMs: 3_000,
  /** Columns of a terminal that does not tell its width. */
  columns: 80,
  /** Pause between two drawings. */
  drawEveryMs: 200,
  /** Pause between two lines of `--json`. */
  lineEveryMs: 1_000,
} as const;

/** The roles and menus of the older programs. */
export const roles = {
  /** Time after which the menu of a terminal returns. The outcome of the message is printed when it is known. */
  deliverWaitMs: 3_000,
  /** Time that a line from a pipe waits for the line before it: the end of the program must not lose a message. */
  deliverWaitPipedMs: 5_000,
  /** Time beyond the send deadline of synergy that a line from a pipe waits. */
  giveUpMarginMs: 1_000,
  /** The prime of cmp2204, which bounds its private number. The environment may name another. */
  toyPrime: 23,
  /** Log lines of a hub that wait for a slow reader. The number of lines beyond it is printed. */
  hubLinesWaitingMax: 1_000,
  /** Lines of the history choice. */
  historyLines: 50,
  leavePollMs: 25,
  /** Time in which peers hear that we leave before the program ends. */
  leaveMs: 1_500,
} as const;
