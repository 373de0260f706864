/**
 * The receiving end of one accepted transfer: asks for the manifest and then for chunks, writes what comes, syncs it
 * before it counts, and moves the files into place once the root is right. Every step is taken up again after a crash,
 * and nothing on disk is read a second time for it.
 */
import type { Hash } from 'node:crypto';
import type { FileWords } from '../../dialects/files.js';
import { isAsOffered, isPossible } from '../../chat/files/fits.js';
import { flow } from '../../chat/files/limits.js';
import { decodingManifest, Layout } from '../../chat/files/manifest.js';
import { namingSafely, type SafeNames } from '../../chat/files/names.js';
import { Progress } from '../../chat/files/progress.js';
import type { Receiving, Verdict } from '../../chat/files/receiving.js';
import type { PauseReason } from '../../chat/files/record.js';
import { listHashOf, manifestHashOf, openChunkHash, rootOf } from '../../chat/files/tree.js';
import { errnoOf, reasonOf } from '../../system-errors.js';
import { fromHex, isSame, toHex } from '../../wire/bytes.js';
import { times } from '../../chat/files/limits.js';
import { inSlices } from './brief-jobs.js';
import { hashesOf, keptChunks, topsOf } from './kept.js';
import { files as limits } from './limits.js';
import { spaceFor } from './space.js';
import { PartWriter } from './part-writer.js';
import { Row, type LiveView, type TransferContext } from './transfer.js';
import { ExchangedError, LostPartError } from './part-files.js';
import { PartTree, UnkeptError } from './tree.js';

type DataWords = Extract<FileWords, { readonly type: 'data' }>;

/** The files of a transfer, once its manifest is here. */
interface Content {
  readonly names: SafeNames;
  readonly layout: Layout;
  readonly receiving: Receiving;
}

/** The receiving end of one transfer. */
export class Incoming {
  readonly #context: TransferContext;
  readonly #tree: PartTree;
  readonly #row: Row;
  readonly #hashers = new Map<number, Hash>();
  #manifest: Uint8Array;
  #manifestBytes = 0;
  #askedManifestTo = 0;
  #manifestAtMs = 0;
  #content: Content | null = null;
  #progress: Progress;
  readonly #writer: PartWriter;
  #uncheckedBytes = 0;
  #isUp = false;
  #isReady = false;
  #isFinishing = false;
  #isOver = false;
  #pause: PauseReason | null = null;
  #pausedAtMs = 0;

  constructor(context: TransferContext) {
    this.#context = context;
    const { directory, id, offer } = context.record();
    this.#tree = new PartTree(directory, id);
    this.#writer = new PartWriter(this.#tree, context.folder);
    this.#row = new Row((cause) => this.#failed(cause));
    this.#manifest = new Uint8Array(offer.manifestBytes);
    this.#progress = new Progress(offer.bytes, 0, performance.now());
  }

  /** Takes up what an earlier run has left. */
  start(): void {
    this.#row.run(() => this.#begin());
  }

  /** Takes up what is on disk, at the start and after a failure. */
  async #begin(): Promise<void> {
    const { offer, isPlacing } = this.#context.record();
    await this.#tree.prepare();
    const content = this.#content;
    if (content === null) {
      const kept = await this.#context.folder.readManifest();
      const isWhole =
        kept.length === offer.manifestBytes && toHex(manifestHashOf(kept)) === offer.manifestHash;
      if (isWhole) {
        this.#manifest = kept;
        this.#manifestBytes = kept.length;
        await this.#open();
      }
    } else this.#content = { ...content, receiving: await this.#received(content) };
    if (isPlacing && this.#content !== null) await this.#place(this.#content);
    this.#isReady = true;
    this.ask();
  }

  get view(): LiveView {
    const { offer } = this.#context.record();
    const done = this.#content?.receiving.goodBytes ?? 0;
    const isPaused = this.#pause !== null || !this.#isUp;
    const activity = this.#isFinishing ? 'checking' : isPaused ? 'paused' : 'receiving';
    const reason = activity === 'paused' ? (this.#pause ?? 'away') : null;
    const nowMs = performance.now();
    const rate = activity === 'receiving' ? this.#progress.bytesPerSecond : 0;
    const etaSeconds = activity === 'receiving' ? this.#progress.etaSeconds(nowMs) : null;
    return { activity, reason, done: Math.min(done, offer.bytes), rate, etaSeconds };
  }

  /** Whether the peer has to be reached. */
  get needsPeer(): boolean {
    return !this.#isOver && this.#pause === null;
  }

  sessionUp(): void {
    this.#isUp = true;
    const { id } = this.#context.record();
    this.#context.say([{ type: 'consent', id, answer: 'accept', reason: 'known' }]);
    this.#askedManifestTo = 0;
    this.#context.changed();
    this.#tellPause();
    this.ask();
  }

  sessionDown(): void {
    this.#isUp = false;
    this.#content?.receiving.lost();
    this.#context.changed();
  }

  /** Takes words of the peer. `taken` is called once their bytes are dealt with. */
  heard(words: FileWords, taken: () => void): void {
    this.#row.run(() => this.#take(words), taken);
  }

  /** Looks at the clock: syncs, asks again, looks for space. */
  tick(nowMs: number): void {
    const content = this.#content;
    if (content !== null) {
      this.#progress.at(content.receiving.goodBytes, nowMs);
      content.receiving.paced(this.#progress.bytesPerSecond);
    }
    if (this.#writer.isSyncDue(nowMs) && this.#pause === null) this.#row.run(() => this.#beginSync());
    if (this.#pause !== null && nowMs - this.#pausedAtMs >= times.fullCheckEveryMs) this.resume();
    this.ask();
  }

  /** Tries again after a pause. */
  resume(): void {
    if (this.#pause === null) return;
    this.#pausedAtMs = performance.now();
    this.#row.run(async () => {
      if (!(await this.#hasSpace())) return;
      // Bytes that were written and not synced before the failure do not count.
      await this.#begin();
      this.#pause = null;
      this.#context.changed();
      this.ask();
    });
  }

  /** Ends this end of the transfer. Its unfinished files stay. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#row.end();
    await this.#writer.flush().catch(ignored);
    await this.#writer.sync().catch(ignored);
    await this.#tree.close();
    await this.#context.folder.close().catch(ignored);
  }

  /** Asks for what is missing. */
  ask(): void {
    if (!this.#isUp || !this.#isReady || this.#pause !== null || this.#isFinishing || this.#isOver) return;
    const { id, offer } = this.#context.record();
    if (this.#content === null) {
      const nowMs = performance.now();
      const isSilent = nowMs - this.#manifestAtMs > flow.stallMs;
      if (this.#manifestBytes < this.#askedManifestTo && !isSilent) return;
      this.#manifestAtMs = nowMs;
      this.#askedManifestTo = Math.min(this.#manifestBytes + flow.manifestWindowBytes, offer.manifestBytes);
      const offset = this.#manifestBytes;
      this.#context.say([{ type: 'manifest', id, offset, bytes: new Uint8Array(0) }]);
      return;
    }
    const { receiving } = this.#content;
    if (receiving.isComplete) {
      this.#askRoot();
      return;
    }
    const pulls = receiving.pulls(performance.now());
    if (pulls.length > 0) this.#context.say(pulls.map((pull) => ({ type: 'pull', id, ...pull })));
  }

  #rootAskedAtMs = Number.NEGATIVE_INFINITY;
  #askRoot(): void {
    const nowMs = performance.now();
    // Its sender may have to read everything for it.
    if (nowMs - this.#rootAskedAtMs < flow.stallMs) return;
    this.#rootAskedAtMs = nowMs;
    const { id } = this.#context.record();
    this.#context.say([{ type: 'pull', id, first: this.#content?.receiving.chunkCount ?? 0, count: 0 }]);
  }

  async #take(words: FileWords): Promise<void> {
    if (this.#isOver || this.#pause !== null) return;
    switch (words.type) {
      case 'manifest':
        await this.#takeManifest(words.offset, words.bytes);
        break;
      case 'data':
        await this.#takeData(words);
        break;
      case 'hash':
        for (const { chunk, hash } of hashesOf(words))
          await this.#judged(this.#content?.receiving.expected(chunk, hash) ?? { type: 'open' });
        break;
      case 'root':
        await this.#finish(words.root);
        break;
      case 'consent':
      case 'pull':
      case 'stop':
      case 'stored':
        // Words of a receiver, or of interest to the table alone.
        break;
      default:
        words satisfies never;
    }
    this.ask();
  }

  async #takeManifest(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#content !== null || offset !== this.#manifestBytes) return;
    if (offset + bytes.length > this.#manifest.length) return;
    this.#manifest.set(bytes, offset);
    this.#manifestBytes += bytes.length;
    this.#manifestAtMs = performance.now();
    const { offer } = this.#context.record();
    if (this.#manifestBytes < offer.manifestBytes) return;
    if (toHex(manifestHashOf(this.#manifest)) !== offer.manifestHash)
      return this.#stop('the list of files is not the one that was offered');
    await this.#context.folder.keepManifest(this.#manifest);
    await this.#open();
  }

  /** Reads the manifest, and what earlier runs have received. */
  async #open(): Promise<void> {
    const { offer } = this.#context.record();
    const read = await inSlices(decodingManifest(this.#manifest));
    if (read.isErr()) return this.#stop(read.error);
    if (!isAsOffered(read.value, offer) || !isPossible(offer))
      return this.#stop('the list of files does not fit the offer');
    const names = await inSlices(namingSafely(read.value));
    if (names.isErr()) return this.#stop(names.error);
    const parts = { names: names.value, layout: new Layout(read.value) };
    const receiving = await this.#received(parts);
    this.#manifest = new Uint8Array(0);
    this.#content = { ...parts, receiving };
    this.#progress = new Progress(offer.bytes, receiving.goodBytes, performance.now());
    this.#context.changed();
  }

  /** The chunks that are good on disk. */
  #received({ names, layout }: Omit<Content, 'receiving'>): Promise<Receiving> {
    const { chunkBytes, bytes: streamBytes } = this.#context.record().offer;
    const parts = { tree: this.#tree, names, layout };
    return keptChunks(this.#context.folder, parts, { chunkBytes, streamBytes });
  }

  async #takeData({ chunk, offset, bytes }: DataWords): Promise<void> {
    const content = this.#content;
    if (content === null || !content.receiving.take(chunk, offset, bytes.length, performance.now())) return;
    const hasher = (offset === 0 ? null : this.#hashers.get(chunk)) ?? openChunkHash(chunk);
    this.#hashers.set(chunk, hasher.update(bytes));
    const from = chunk * content.receiving.chunkBytes + offset;
    await this.#writer.write(content, from, bytes);
    this.#uncheckedBytes += bytes.length;
    if (!content.receiving.isFilled(chunk)) return;
    this.#hashers.delete(chunk);
    await this.#judged(content.receiving.filled(chunk, new Uint8Array(hasher.digest())));
    if (this.#writer.isSyncDue(performance.now())) await this.#beginSync();
    if (this.#uncheckedBytes >= limits.spaceCheckBytes) {
      this.#uncheckedBytes = 0;
      await this.#hasSpace();
    }
  }

  async #judged(verdict: Verdict): Promise<void> {
    const content = this.#content;
    if (verdict.type === 'open' || content === null) return;
    if (verdict.type === 'bad') return this.#stop('the bytes that arrive are not those that the peer read');
    if (verdict.type === 'again') return;
    const hash = content.receiving.hashOf(verdict.chunk);
    if (hash !== null) this.#writer.good({ chunk: verdict.chunk, hash });
  }

  /** Syncs beside what comes next. A failure is one of the row. */
  async #beginSync(): Promise<void> {
    await this.#writer.flush();
    this.#writer.sync().catch((cause: unknown) => this.#row.run(() => Promise.reject(cause)));
  }

  async #finish(root: Uint8Array): Promise<void> {
    const content = this.#content;
    if (content?.receiving.isComplete !== true || this.#isFinishing) return;
    const { offer } = this.#context.record();
    const { hashList } = content.receiving;
    const own = rootOf(fromHex(offer.manifestHash), listHashOf(offer.chunkBytes, offer.bytes, hashList));
    if (!isSame(own, root) || (offer.root !== null && offer.root !== toHex(root)))
      return this.#stop('the whole is not what the peer offered');
    this.#isFinishing = true;
    this.#context.changed();
    await this.#writer.flush();
    await this.#writer.sync();
    const left = await this.#tree.complete(content.names, this.#context.record().keepsMode);
    const repaired = content.names.entries
      .filter(({ isRepaired }) => isRepaired)
      .map(({ parts }) => `renamed: ${parts.join('/')}`);
    const notes = [...left, ...repaired].slice(0, limits.notesMax);
    const places = await this.#tree.planned(topsOf(content.names), this.#context.record().replaces);
    const isKept = await this.#context.change({ isPlacing: true, root: toHex(root), notes, places });
    if (!isKept) {
      // Files that are moved before the disk knows would be asked for again after a crash.
      await this.#context.change({ isPlacing: false, places: [] });
      throw new UnkeptError();
    }
    await this.#place(content);
  }

  async #place(content: Content): Promise<void> {
    this.#isFinishing = true;
    const { places: planned, replaces } = this.#context.record();
    const places = await this.#tree.place(topsOf(content.names), planned, replaces);
    this.#isOver = true;
    await this.#context.change({ state: 'done', isPlacing: false, places, isTold: false });
  }

  async #hasSpace(): Promise<boolean> {
    const { directory, offer } = this.#context.record();
    const missing = offer.bytes - (this.#content?.receiving.goodBytes ?? 0);
    const space = await spaceFor(directory, missing, this.#context.home);
    if (!space.isEnough) this.#paused('full');
    return space.isEnough;
  }

  #paused(reason: PauseReason): void {
    const wasPaused = this.#pause !== null;
    this.#pause = reason;
    this.#pausedAtMs = performance.now();
    this.#content?.receiving.lost();
    this.#hashers.clear();
    if (wasPaused) return;
    this.#context.changed();
    this.#tellPause();
  }

  /** Lets the sender see why nothing is asked for. */
  #tellPause(): void {
    const { id } = this.#context.record();
    const reason = this.#pause === 'full' ? 'full' : 'io';
    if (this.#pause !== null) this.#context.say([{ type: 'consent', id, answer: 'later', reason }]);
  }

  /** A failure of the disk pauses the transfer; it goes on once the cause is gone. Any other one ends it alone. */
  #failed(cause: unknown): void {
    this.#isFinishing = false;
    this.#writer.drop();
    void this.#tree.close();
    if (cause instanceof ExchangedError) {
      this.#stop(cause.message);
      return;
    }
    const code = errnoOf(cause);
    if (code === '' && !(cause instanceof LostPartError) && !(cause instanceof UnkeptError)) {
      this.#stop(reasonOf(cause));
      return;
    }
    this.#context.log('transfer-paused', { id: this.#context.record().id, reason: reasonOf(cause) });
    this.#paused(code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : 'io');
  }

  /** Ends the transfer: going on would bring nothing else. */
  #stop(why: string): void {
    this.#isOver = true;
    const { id, notes } = this.#context.record();
    this.#context.log('transfer-stopped', { id, reason: why });
    void this.#context.change({ state: 'stopped', reason: 'io', notes: [...notes, why], isTold: false });
  }
}

const ignored = (): void => undefined;
