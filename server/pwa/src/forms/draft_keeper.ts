// Writes the draft after every answer, one write after the other, and says truly whether it is on the disk.
import { createSignal, untrack } from 'solid-js';
import { removeDraft, saveDraft } from '../data/drafts.ts';
import { isStorageFull } from '../data/storage.ts';
import type { Draft } from '../forms-contract.ts';
import { t } from '../i18n/index.ts';

// Answers that follow each other faster than this are one write.
const DRAFT_DELAY_MS = 80;

export type Kept = { state: 'nothing_yet' } | { state: 'writing' } | { state: 'kept' } | { state: 'failed'; reason: string };

export class DraftKeeper {
  readonly kept: () => Kept;
  private readonly setKept: (kept: Kept) => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<void> = Promise.resolve();
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
    this.setKept({ state: 'writing' });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), DRAFT_DELAY_MS);
  }

  /** Resolves when the draft is on the disk, or it is said that it could not be written. */
  now(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(async () => {
      if (this.stopped || this.tries) return;
      try {
        await saveDraft(this.draft());
        if (this.timer === undefined) this.setKept({ state: 'kept' });
      } catch (error) {
        this.setKept({ state: 'failed', reason: isStorageFull(error) ? t('storage.full') : (error as Error).message });
      }
    });
    return this.writing;
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
