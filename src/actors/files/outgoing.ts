/**
 * The sending end of one transfer: answers what the receiver asks for. A chunk is hashed while it is read for the first
 * time; its hash follows its bytes. A source that changed since the offer ends the transfer, since its bytes would not
 * be those that were offered.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileWords } from '../../dialects/files.js';
import { files as wordLimits } from '../../dialects/limits.js';
import { flow } from '../../chat/files/limits.js';
import { boundedTime, decodeManifest, Layout, type ManifestEntry } from '../../chat/files/manifest.js';
import { Progress } from '../../chat/files/progress.js';
import { Serving } from '../../chat/files/serving.js';
import { chunkCountOf, chunkLengthOf, listHashOf, openChunkHash, rootOf } from '../../chat/files/tree.js';
import { errnoOf, reasonOf } from '../../system-errors.js';
import { copy, fromHex, isSame, toHex } from '../../wire/bytes.js';
import { files as limits } from './limits.js';
import type { LiveView, TransferContext } from './transfer.js';

/** A source that is not what it was, or cannot be read. */
class SourceError extends Error {
  readonly reason: 'changed' | 'gone' | 'io';
  constructor(reason: SourceError['reason'], message: string) {
    super(message);
    this.name = 'SourceError';
    this.reason = reason;
  }
}

/** The files of a transfer, once somebody asks for them. */
interface Content {
  readonly manifest: Uint8Array;
  readonly entries: readonly ManifestEntry[];
  readonly layout: Layout;
  /** Hashes of chunks that were read before. */
  readonly hashes: (Uint8Array | null)[];
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
  #file: { readonly at: number; readonly handle: FileHandle } | null = null;
  #usedAtMs = performance.now();

  constructor(context: TransferContext) {
    this.#context = context;
    const { offer } = context.record();
    this.serving = new Serving(chunkCountOf(offer.bytes, offer.chunkBytes));
    this.#progress = new Progress(offer.bytes, 0, performance.now());
  }

  get view(): LiveView {
    const { offer } = this.#context.record();
    const activity = this.#isUp ? 'sending' : 'paused';
    const done = Math.min(this.#sentBytes, offer.bytes);
    const rate = this.#isUp ? this.#progress.bytesPerSecond : 0;
    const etaSeconds = this.#isUp ? this.#progress.etaSeconds(performance.now()) : null;
    return { activity, reason: this.#isUp ? null : 'away', done, rate, etaSeconds };
  }

  get hasWork(): boolean {
    return !this.#isOver && (!this.serving.isIdle || this.#manifestAsks.length > 0);
  }

  sessionUp(): void {
    this.#isUp = true;
    this.#context.changed();
  }

  sessionDown(): void {
    this.#isUp = false;
    this.serving.lost();
    this.#manifestAsks = [];
    this.#context.changed();
  }

  /** Takes a request of the receiver. */
  asked(words: FileWords): void {
    if (words.type === 'pull') {
      this.serving.pulled(words);
      // Bytes before the oldest missing chunk have arrived, perhaps in an earlier run.
      const { chunkBytes } = this.#context.record().offer;
      this.#sentBytes = Math.max(this.#sentBytes, words.first * chunkBytes);
    }
    // An honest receiver asks for one part at a time.
    const isRoom = this.#manifestAsks.length < limits.manifestAsksMax;
    if (words.type === 'manifest' && words.bytes.length === 0 && isRoom)
      this.#manifestAsks.push(words.offset);
  }

  /** Does one piece of work: a part of the manifest, a chunk, or the root. */
  async work(deliver: Deliver): Promise<void> {
    this.#usedAtMs = performance.now();
    try {
      const content = await (this.#content ??= this.#open());
      const offset = this.#manifestAsks.shift();
      if (offset !== undefined) return await this.#sendManifest(content, offset, deliver);
      const next = this.serving.next();
      if (next?.type === 'chunk') await this.#sendChunk(content, next.chunk, deliver);
      if (next?.type === 'root') await this.#sendRoot(content, deliver);
    } catch (cause) {
      await this.#failed(cause);
    }
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
    const file = this.#file;
    this.#file = null;
    this.#content = null;
    await file?.handle.close().catch(() => undefined);
    await this.#context.folder.close();
  }

  async #open(): Promise<Content> {
    const { offer } = this.#context.record();
    const manifest = await this.#context.folder.readManifest();
    const read = decodeManifest(manifest);
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

  async #sendChunk(content: Content, chunk: number, deliver: Deliver): Promise<void> {
    const { id } = this.#context.record();
    const hash = await this.#readChunk(content, chunk, async (bytes, offset) => {
      const words: FileWords[] = [];
      for (let at = 0; at < bytes.length; at += wordLimits.dataBytesMax) {
        const part = bytes.subarray(at, at + wordLimits.dataBytesMax);
        words.push({ type: 'data', id, chunk, offset: offset + at, bytes: part });
      }
      // The buffer moves to the session, which leaves it empty here.
      const { length } = bytes;
      await deliver(words, bytes.buffer);
      this.#sentBytes += length;
    });
    await deliver([{ type: 'hash', id, first: chunk, hashes: hash }], null);
  }

  /** The root needs every hash: chunks that this side has not read yet are read now. */
  async #sendRoot(content: Content, deliver: Deliver): Promise<void> {
    const { id, offer } = this.#context.record();
    const list = new Uint8Array(content.hashes.length * 32);
    for (let chunk = 0; chunk < content.hashes.length; chunk += 1) {
      const hash = content.hashes[chunk] ?? (await this.#readChunk(content, chunk, async () => undefined));
      list.set(hash, chunk * 32);
      if (this.#isOver) return;
    }
    const root = rootOf(fromHex(offer.manifestHash), listHashOf(offer.chunkBytes, offer.bytes, list));
    await deliver([{ type: 'root', id, root }], null);
    if (this.#context.record().root === null) await this.#context.change({ root: toHex(root) });
  }

  /** Reads one chunk piece by piece. Returns its hash, which must be the one of an earlier reading. */
  async #readChunk(
    { entries, layout, hashes }: Content,
    chunk: number,
    onPiece: (bytes: Uint8Array<ArrayBuffer>, offset: number) => Promise<void>,
  ): Promise<Uint8Array> {
    const { offer } = this.#context.record();
    const length = chunkLengthOf(chunk, offer.bytes, offer.chunkBytes);
    const from = chunk * offer.chunkBytes;
    const hasher = openChunkHash(chunk);
    for (let offset = 0; offset < length; offset += limits.readBytes) {
      const bytes = new Uint8Array(Math.min(limits.readBytes, length - offset));
      let filled = 0;
      for (const segment of layout.segments(from + offset, bytes.length)) {
        const entry = entries[segment.at];
        if (entry === undefined) throw new SourceError('io', 'the kept manifest does not fit');
        const target = bytes.subarray(filled, filled + segment.bytes);
        await this.#read(segment.at, entry, target, segment.offset);
        filled += segment.bytes;
      }
      hasher.update(bytes);
      await onPiece(bytes, offset);
    }
    const hash = new Uint8Array(hasher.digest());
    const before = hashes[chunk] ?? null;
    if (before !== null && !isSame(before, hash)) throw new SourceError('changed', 'its bytes differ');
    if (before === null) {
      hashes[chunk] = hash;
      // The log only saves a second reading: a full home must not end the transfer.
      await this.#context.folder.logChunks([{ chunk, hash }], false).catch(() => undefined);
    }
    return hash;
  }

  async #read(at: number, entry: ManifestEntry, target: Uint8Array, offset: number): Promise<void> {
    if (this.#file?.at !== at) {
      await this.#file?.handle.close();
      this.#file = null;
      this.#file = { at, handle: await open(this.#pathOf(entry), constants.O_RDONLY | noFollow) };
      await this.#checkSame(this.#file.handle, entry);
    }
    const { handle } = this.#file;
    for (let filled = 0; filled < target.length;) {
      const { bytesRead } = await handle.read(target, filled, target.length - filled, offset + filled);
      if (bytesRead === 0) throw new SourceError('changed', `${entry.path} is shorter`);
      filled += bytesRead;
    }
    await this.#checkSame(handle, entry);
  }

  async #checkSame(handle: FileHandle, entry: ManifestEntry): Promise<void> {
    const found = await handle.stat();
    const isSameFile = found.isFile() && found.size === entry.bytes;
    if (!isSameFile || boundedTime(found.mtimeMs) !== entry.mtimeMs)
      throw new SourceError('changed', `${entry.path} was changed after the offer`);
  }

  #pathOf({ path }: ManifestEntry): string {
    const [top = '', ...rest] = path.split('/');
    const source = this.#context.record().sources.find(({ name }) => name === top);
    if (source === undefined) throw new SourceError('gone', `${path} is not known`);
    return join(source.path, ...rest);
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

const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
