// Writes the draft after every answer, one write after the other, and says truly whether it is on the disk.
import { createSignal, untrack } from 'solid-js';
import { removeDraft, saveDraft } from '../data/drafts.ts';
import { isStorageFull } from '../data/storage.ts';
import type { Draft } from '../forms-contract.ts';
import { t } from '../i18n/index.ts';

// Answers that follow each other faster than this are one write, but none waits for the next ones longer than the second number:
// whoever types without a pause is kept up with. An answer is on the disk within 300 ms (benchmarks/forms_on_phone.py).
const DRAFT_DELAY_MS = 60;
const DRAFT_WAIT_MS_MAX = 150;
// A full disk may have room again: what could not be written is tried again by itself, not only with the next answer.
const RETRY_SECONDS = 5;

export type Kept = { state: 'nothing_yet' } | { state: 'writing' } | { state: 'kept' } | { state: 'failed'; reason: string };

export class DraftKeeper {
  readonly kept: () => Kept;
  private readonly setKept: (kept: Kept) => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;
  /** when the first answer that is not written yet was given */
  private waitingSince: number | null = null;
  private stopped = false;

  constructor(
    private readonly id: string,
    private readonly draft: () => Draft,
    begun: boolean,
    /** a form that is only tried is never written */
    private readonly tries = false,
  ) {
    [this.kept, this.setKept] = createSignal<Kept>(begun ? { state: 'kept' } : { state: 'nothing_yet' });
  }

  isBegun(): boolean {
    return untrack(this.kept).state !== 'nothing_yet';
  }

  soon(): void {
    if (this.stopped || this.tries) return;
    this.waitingSince ??= performance.now();
    // Where writing has failed it goes on being said until it succeeds.
    if (untrack(this.kept).state !== 'failed') this.setKept({ state: 'writing' });
    this.writeIn(Math.max(0, Math.min(DRAFT_DELAY_MS, this.waitingSince + DRAFT_WAIT_MS_MAX - performance.now())));
  }

  /** What is not written yet is written at once: the screen goes dark, a box is left. */
  hurry(): void {
    if (this.timer !== undefined) void this.now();
  }

  private writeIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), milliseconds);
  }

  /** Resolves when the draft is on the disk, or it is said that it could not be written. */
  now(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.next) return this.next; // it has not begun yet: it will write what is there now
    this.next = this.writing = this.writing.then(async () => {
      this.next = null;
      this.waitingSince = null;
      if (this.stopped || this.tries) return;
      try {
        await saveDraft(this.draft());
        if (this.timer === undefined) this.setKept({ state: 'kept' });
      } catch (error) {
        this.setKept({ state: 'failed', reason: isStorageFull(error) ? t('storage.full') : (error as Error).message });
        if (!this.stopped && this.timer === undefined) this.writeIn(RETRY_SECONDS * 1000);
      }
    });
    return this.next;
  }

  /** From here on nothing is written: the form is saved or thrown away. */
  stop(): void {
    clearTimeout(this.timer);
    this.stopped = true;
  }

  async remove(): Promise<void> {
    this.stop();
    await this.writing;
    if (!this.tries) await removeDraft(this.id);
  }

  async goOn(): Promise<void> {
    this.stopped = false;
    await this.now();
  }
}
