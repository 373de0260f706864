/** The numbers of admission: which connections get the few slots. Spec: faults.md N1, N2, N6 and section 4. */

/** Bounds and times of the slots for accepted connections. */
export const admission = {
  /** Accepted connections that are served at once: five, as in the course programs that Parlance talks with. */
  connectionsMax: 5,
  /** Slots that only known contacts may use. None is reserved where there is one slot in all. */
  reservedConnections: 1,
  unauthenticatedPerAddressMax: 2,
  /**
   * Time that a caller without a slot is read and kept before BUSY: a session that was asked to park frees its slot
   * within a few ms, and a refusal is due within 50.
   */
  waitMs: 30,
  /** Time in which a session that was asked to park is gone. Callers whose turn is next ask this often. */
  parkMs: 15,
  /**
   * Callers that wait. Beyond this number callers of the address that has most of them are dropped. The value equals
   * that of older programs: each caller of their bursts is silent until its bytes arrive, which takes a while on a
   * busy machine.
   */
  waitingMax: 256,
  /** Older programs that wait, counted apart: a pasted text opens a connection for each line, all at once. */
  foreignWaitingMax: 256,
  /** Time after which a silent caller loses its slot to one that speaks: its first bytes may be in flight until then. */
  silentProtectedMs: 20,
  /** Pause between two connections of one source below which the source is eager: after BUSY a peer waits longer. */
  eagerMs: 900,
  /** Time after which a silent caller loses its slot to another silent one. */
  silentAmongSilentProtectedMs: 500,
  /** Time for which a caller whose handshake runs keeps its slot: an honest one needs some 20 ms on a LAN. */
  speakingProtectedMs: 250,
  /** Time for which a caller with a valid ticket keeps its slot. */
  ticketProtectedMs: 1_000,
  /**
   * Age below which a session is not asked to park: where callers follow each other without a pause, each would be
   * parked before its first message was answered, and would bring that message again for ever.
   */
  sessionSettledMs: 25,
  /** Pause between two requests to one session to park. */
  slotWantedEveryMs: 200,
  /** Silence after which an authenticated stranger loses its slot. */
  strangerIdleMs: 60_000,
  /** Silence after which an authenticated stranger loses its slot to a contact. */
  strangerIdleForContactMs: 1_000,
  /**
   * Full handshakes, before any key agreement. Wider than the 2/s and 10/s of session-protocol 5.7: fifty people may
   * sit behind one address, and one handshake costs some 1 ms of CPU, so the worst case stays near 5 % of a core.
   */
  handshakesPerAddressPerSecond: 10,
  handshakesPerAddressBurst: 20,
  handshakesPerSecond: 50,
  handshakesBurst: 100,
  /**
   * Time of an answer up to which a machine has time for more: the rate grows as answers are quicker, at most
   * threefold. 150 handshakes take a third of a core, and then answers take longer, which slows the rate again.
   */
  answerIdleMs: 100,
  handshakesSpeedMost: 3,
  /** Part of the total burst that strangers leave to known addresses. */
  handshakesReserved: 20,
  /** Resumes with a known ticket: tickets travel in clear, so a replay must be bounded too. */
  resumesPerSecond: 200,
  resumesBurst: 400,
  /**
   * Time from the first message of a caller to the answer: above the first value half as many handshakes run at once, below
   * the second one more. An idle machine answers in some 10 ms, and a handshake has `handshakeDeadlineMs` in all.
   */
  answerSlowMs: 1_000,
  answerQuickMs: 300,
  /** Share of the latest answer in the moving average. */
  answerWeight: 0.25,
  /** Time without an answer after which the machine counts as idle again. */
  answerMemoryMs: 10_000,
  /** Penalty of an address whose connection made no sense, or ended without authentication. */
  penaltyNoAuthenticationMs: 1_000,
  /** The longest penalty of one address. */
  penaltyMostMs: 600_000,
  /** The longest penalty of the loopback address: many homes share it, so one of them must not keep the others out. */
  penaltyLoopbackMostMs: 1_000,
  /**
   * Connections from one address that make no sense and cost nothing but themselves, where older programs are served:
   * these never try again, so a valid message that follows a stray one must not be refused.
   */
  nonsenseFree: 2,
  /** Time without nonsense after which the count of an address starts again. */
  nonsenseForgottenMs: 60_000,
  /** Addresses with a penalty or a handshake budget that are remembered. */
  addressesMax: 1_024,
  knownAddressesMax: 4_096,
  /** Tickets that are known: both generations of 512. */
  knownTicketsMax: 1_024,
  /**
   * Time that a caller of an older program waits for a slot before it is dropped: it cannot try again, and its message
   * holds a slot for milliseconds only. A burst of a few hundred passes in this time while one slot is free.
   */
  foreignCallerWaitMs: 10_000,
  /** Requests for a slot before such a caller is dropped: a third of those that it makes in this time on an idle machine. */
  foreignAsksMin: 100,
  /** Time after which it is dropped however seldom it could ask. */
  foreignCallerWaitMostMs: 60_000,
  /**
   * Time in which an older program says its first word, and from then on the time in which its first message is whole.
   * It takes some ms on an idle machine and seconds on one with thirty times the work it can do. The message would be
   * lost, so this is longer than `handshakeDeadlineMs`. A silent caller, and one that takes longer than
   * `handshakeDeadlineMs`, gives way where others wait.
   */
  foreignOpeningMs: 10_000,
  /** Time that this node may take to read the first bytes of an older program: a thread that starts on a busy machine. */
  unreadMostMs: 60_000,
  /** Silence that ends a connection with an older program: it cannot be resumed, and people type slowly. */
  foreignIdleMs: 15 * 60_000,
  /** Silence after which a connection with an older program gives way to others. */
  foreignPreemptibleAfterMs: 60_000,
  /** The value of `foreignPreemptibleAfterMs` where neither side has written: a port scan holds a slot in that way. */
  unspokenPreemptibleAfterMs: 5_000,
  /**
   * Silence after which a conversation in a preemptible slot gives way to messages: short, since their programs wait
   * `foreignCallerWaitMs`, and longer than words are under way.
   */
  preemptAfterSilenceMs: 3_000,
  /** Time for which messages wait for a pause of a preemptible conversation: half of `foreignCallerWaitMs`. */
  preemptAfterWaitMs: 5_000,
  /** Time in which a conversation that was asked to end says its farewell. */
  conversationEndMs: 1_000,
  /** Silence that ends a connection which carries one message, although its program does not close it. */
  messageIdleMs: 2_000,
  /** Whole time of a connection that carries one message: a key exchange takes milliseconds. */
  messageDeadlineMs: 10_000,
  /** Age after which a connection that carries one message gives way to others, however busy it is. */
  messagePreemptibleAfterMs: 2_000,
  /** Time that cmp2204 may take for its text after the key exchange: its user types it in this time. */
  typedDeadlineMs: 5 * 60_000,
  /** Age after which a connection of cmp2204 that waits for its text gives way: before `foreignCallerWaitMs` is over. */
  typedPreemptibleAfterMs: 5_000,
  /** Slots for older programs that an address keeps while another address wants one. */
  foreignPerAddressMax: 2,
  /** Age below which a connection beyond that number keeps its slot: an honest one has brought its message by then. */
  foreignProtectedMs: 500,
  /**
   * Each ms a slot is held delays the source's next turn by `heldWeight` ms, up to `heldMostMs`: a caller that leaves
   * at once stays before 64 addresses that hold every slot for half a second.
   */
  heldWeight: 16,
  heldMostMs: 500,
  /** Time for which a refused caller still counts as wanting a slot: after BUSY it returns within `busyRetryMaxS`. */
  wantedForMs: 2_500,
  /** The pause that BUSY asks for, drawn at random between the two so that refused callers do not return together. */
  busyRetryMinS: 1,
  busyRetryMaxS: 2,
} as const;
