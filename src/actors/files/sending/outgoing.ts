/**
 * The sending end of one transfer: answers what the receiver asks for. A chunk is hashed while it is read for the first
 * time; its hash follows its bytes. A source that changed since the offer ends the transfer, since its bytes would not
 * be those that were offered.
 */
import type { Hash } from 'node:crypto';
import type { FileWords } from '../../../dialects/files.js';
import { files as wordLimits } from '../../../dialects/limits.js';
import { flow } from '../../../chat/files/limits.js';
import { decodingManifest, Layout, type ManifestEntry } from '../../../chat/files/manifest.js';
import { Progress } from '../../../chat/files/progress.js';
import { Serving } from '../../../chat/files/serving.js';
import { chunkCountOf, chunkLengthOf, listHashOf, openChunkHash, rootOf } from '../../../chat/files/tree.js';
import type { MessageId } from '../../../ids.js';
import { errnoOf, reasonOf } from '../../../system-errors.js';
import { copy, fromHex, isSame, toHex, unfilled } from '../../../wire/bytes.js';
import type { PauseReason } from '../../../chat/files/record.js';
import { inSlices } from '../brief-jobs.js';
import { files as limits } from '../limits.js';
import { SourceError, SourceFiles, type Reading } from './sources.js';
import type { LiveView, TransferContext } from '../transfer.js';

/** The files of a transfer, once somebody asks for them. */
interface Content {
  readonly manifest: Uint8Array;
  readonly entries: readonly ManifestEntry[];
  readonly layout: Layout;
  /** Hashes of chunks that were read before. */
  readonly hashes: (Uint8Array | null)[];
}

/** A chunk that is being read. */
interface Part {
  readonly chunk: number;
  /** Bytes of it that were read. */
  offset: number;
  readonly hasher: Hash;
  /** Whether the receiver asked for it; otherwise only its hash is wanted, for the root. */
  readonly isAsked: boolean;
}

/** Sends words, and settles once the session has room for more. */
export type Deliver = (words: readonly FileWords[], buffer: ArrayBuffer | null) => Promise<void>;

/** The sending end of one transfer. */
export class Outgoing {
  readonly #context: TransferContext;
  readonly serving: Serving;
  #content: Promise<Content> | null = null;
  #manifestAsks: number[] = [];
  #progress: Progress;
  #sentBytes = 0;
  #isUp = false;
  #isOver = false;
  readonly #files: SourceFiles;
  #part: Part | null = null;
  /** Time before which nothing is sent, where the user has set a rate. */
  #notBeforeMs = 0;
  /** Why the receiver takes nothing now; null: it does. */
  #peerPause: PauseReason | null = null;
  #usedAtMs = performance.now();

  constructor(context: TransferContext) {
    this.#context = context;
    const { offer } = context.record();
    this.#files = new SourceFiles(context.record().sources);
    this.serving = new Serving(chunkCountOf(offer.bytes, offer.chunkBytes));
    this.#progress = new Progress(offer.bytes, 0, performance.now());
  }

  get view(): LiveView {
    const { offer } = this.#context.record();
    const reason = this.#isUp ? this.#peerPause : 'away';
    const activity = reason === null ? 'sending' : 'paused';
    const done = Math.min(this.#sentBytes, offer.bytes);
    const rate = reason === null ? this.#progress.bytesPerSecond : 0;
    const etaSeconds = reason === null ? this.#progress.etaSeconds(performance.now()) : null;
    return { activity, reason, done, rate, etaSeconds };
  }

  get hasWork(): boolean {
    if (this.#isOver) return false;
    if (this.#manifestAsks.length > 0) return true;
    return (this.#part !== null || !this.serving.isIdle) && performance.now() >= this.#notBeforeMs;
  }

  sessionUp(): void {
    this.#isUp = true;
    this.#context.changed();
  }

  sessionDown(): void {
    this.#isUp = false;
    this.serving.lost();
    this.#part = null;
    this.#peerPause = null;
    this.#manifestAsks = [];
    this.#context.changed();
  }

  /** Takes a word of the receiver. */
  asked(words: FileWords): void {
    if (words.type === 'consent') return this.#paused(words.reason === 'full' ? 'full' : 'io');
    if (words.type !== 'pull' && words.type !== 'manifest') return;
    this.#paused(null);
    if (words.type === 'pull') {
      this.serving.pulled(words);
      // Bytes before the oldest missing chunk have arrived, perhaps in an earlier run.
      const { chunkBytes } = this.#context.record().offer;
      this.#sentBytes = Math.max(this.#sentBytes, words.first * chunkBytes);
      return;
    }
    // An honest receiver asks for one part at a time.
    const isRoom = this.#manifestAsks.length < limits.manifestAsksMax;
    if (words.bytes.length === 0 && isRoom) this.#manifestAsks.push(words.offset);
  }

  #paused(reason: PauseReason | null): void {
    if (this.#peerPause === reason) return;
    this.#peerPause = reason;
    this.#context.changed();
  }

  /** Does one piece of work: a part of the manifest, a part of a chunk, or the root. */
  async work(deliver: Deliver): Promise<void> {
    this.#usedAtMs = performance.now();
    try {
      const content = await (this.#content ??= this.#open());
      const offset = this.#manifestAsks.shift();
      if (offset !== undefined) return await this.#sendManifest(content, offset, deliver);
      this.#part ??= this.#nextPart(content);
      if (this.#part !== null) await this.#readPiece(content, this.#part, deliver);
      else if (this.serving.takeRoot()) await this.#sendRoot(content, deliver);
    } catch (cause) {
      await this.#failed(cause);
    }
  }

  /** Returns the next chunk to read; null: none is wanted, or only the root is left to say. */
  #nextPart({ hashes }: Content): Part | null {
    const asked = this.serving.nextChunk();
    // The root needs the hash of every chunk. Those that a crash has lost are read again, one after the other.
    const chunk = asked ?? (this.serving.isRootWanted ? hashes.findIndex((hash) => hash === null) : -1);
    return chunk < 0 ? null : { chunk, offset: 0, hasher: openChunkHash(chunk), isAsked: asked !== null };
  }

  tick(nowMs: number): void {
    this.#progress.at(this.#sentBytes, nowMs);
    if (nowMs - this.#usedAtMs > limits.idleCloseMs && !this.hasWork) void this.#close();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#close();
  }

  async #close(): Promise<void> {
    this.#content = null;
    await this.#files.close();
    await this.#context.folder.close();
  }

  async #open(): Promise<Content> {
    const { offer } = this.#context.record();
    const manifest = await this.#context.folder.readManifest();
    const read = await inSlices(decodingManifest(manifest));
    if (read.isErr()) throw new SourceError('io', `the kept manifest: ${read.error}`);
    const layout = new Layout(read.value);
    const count = chunkCountOf(offer.bytes, offer.chunkBytes);
    const hashes = Array.from({ length: count }, (): Uint8Array | null => null);
    for (const { chunk, hash } of await this.#context.folder.readChunks())
      if (chunk < count) hashes[chunk] = hash;
    return { manifest, entries: read.value, layout, hashes };
  }

  async #sendManifest({ manifest }: Content, offset: number, deliver: Deliver): Promise<void> {
    const { id } = this.#context.record();
    const end = Math.min(manifest.length, offset + flow.manifestWindowBytes);
    for (let at = offset; at < end; at += wordLimits.dataBytesMax) {
      const bytes = copy(manifest, at, Math.min(end, at + wordLimits.dataBytesMax));
      await deliver([{ type: 'manifest', id, offset: at, bytes }], null);
    }
  }

  /** Reads and sends one piece of a chunk; behind the last one its hash, which must be that of an earlier reading. */
  async #readPiece(content: Content, part: Part, deliver: Deliver): Promise<void> {
    const { id, offer, rateMost } = this.#context.record();
    const { chunk, offset, hasher, isAsked } = part;
    const length = chunkLengthOf(chunk, offer.bytes, offer.chunkBytes);
    // Every byte of it is read, or the reading fails: a byte that stayed as it was would show the peer our memory.
    const bytes = unfilled(Math.min(limits.readBytes, length - offset));
    let filled = 0;
    const readings: Reading[] = [];
    for (const { at, offset: from, bytes: count } of content.layout.segments(
      chunk * offer.chunkBytes + offset,
      bytes.length,
    )) {
      const entry = content.entries[at];
      if (entry === undefined) throw new SourceError('io', 'the kept manifest does not fit');
      readings.push({ at, entry, target: bytes.subarray(filled, filled + count), offset: from });
      filled += count;
    }
    if (filled !== bytes.length) throw new SourceError('io', 'the kept manifest does not fit');
    await this.#files.read(readings);
    hasher.update(bytes);
    part.offset += bytes.length;
    const isLast = part.offset >= length;
    const words: FileWords[] = isAsked ? dataWords(id, chunk, offset, bytes) : [];
    if (isLast) {
      const hash = await this.#hashed(content, chunk, new Uint8Array(hasher.digest()));
      if (isAsked) words.push({ type: 'hash', id, first: chunk, hashes: copy(hash) });
    }
    // A session that ended meanwhile has dropped the part.
    if (this.#part === part && isLast) this.#part = null;
    if (!isAsked) return;
    this.#sentBytes = Math.min(offer.bytes, this.#sentBytes + bytes.length);
    if (rateMost !== null) this.#pace(bytes.length, rateMost);
    // The buffer moves to the session, which leaves it empty here.
    await deliver(words, bytes.buffer);
  }

  /** Keeps the hash of a chunk that was read for the first time. */
  async #hashed({ hashes }: Content, chunk: number, hash: Uint8Array): Promise<Uint8Array> {
    const before = hashes[chunk] ?? null;
    if (before !== null && !isSame(before, hash)) throw new SourceError('changed', 'its bytes differ');
    if (before === null) {
      hashes[chunk] = hash;
      // The log only saves a second reading: a full home must not end the transfer.
      await this.#context.folder.logChunks([{ chunk, hash }], false).catch(() => undefined);
    }
    return hash;
  }

  /** Keeps to the rate that the user has set. A late look at the clock is made up for. */
  #pace(bytes: number, rateMost: number): void {
    const fromMs = Math.max(this.#notBeforeMs, performance.now() - 2 * limits.tickMs);
    this.#notBeforeMs = fromMs + (bytes * 1_000) / rateMost;
  }

  async #sendRoot({ hashes }: Content, deliver: Deliver): Promise<void> {
    const { id, offer } = this.#context.record();
    const list = new Uint8Array(hashes.length * 32);
    for (const [chunk, hash] of hashes.entries()) if (hash !== null) list.set(hash, chunk * 32);
    const root = rootOf(fromHex(offer.manifestHash), listHashOf(offer.chunkBytes, offer.bytes, list));
    await deliver([{ type: 'root', id, root }], null);
    if (this.#context.record().root === null) await this.#context.change({ root: toHex(root) });
  }

  async #failed(cause: unknown): Promise<void> {
    const code = errnoOf(cause);
    const isGone = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
    const reason = cause instanceof SourceError ? cause.reason : isGone ? 'gone' : 'io';
    const why = cause instanceof SourceError ? cause.message : reasonOf(cause);
    this.#isOver = true;
    const { id, notes } = this.#context.record();
    this.#context.log('transfer-stopped', { id, reason: why });
    await this.#context.change({ state: 'stopped', reason, notes: [...notes, why], isTold: false });
  }
}

function dataWords(id: MessageId, chunk: number, offset: number, bytes: Uint8Array): FileWords[] {
  const words: FileWords[] = [];
  for (let at = 0; at < bytes.length; at += wordLimits.dataBytesMax) {
    const part = bytes.subarray(at, at + wordLimits.dataBytesMax);
    words.push({ type: 'data', id, chunk, offset: offset + at, bytes: part });
  }
  return words;
}
