// The photos of one form: kept by file name beside the engine, which loses them, and removed when no submission names them.
import type { MediaNote } from '../data/documents.ts';
import { removeMedia } from '../data/media.ts';
import { untrack } from 'solid-js';
import type { Instance } from './engine.ts';
import { questionsOf, type Question } from './items.ts';
import { keepPhoto } from './photos.ts';

export class FormPhotos {
  private readonly known: Map<string, MediaNote>;
  /** a photo that a saved submission names is not ours to remove */
  private readonly sent: Set<string>;

  constructor(known: readonly MediaNote[], sent: readonly MediaNote[]) {
    this.known = new Map(known.map((note) => [note.name, note]));
    this.sent = new Set(sent.map(({ name }) => name));
  }

  /** Resolves with the photo's file name when it is on the phone's disk. */
  async take(question: Question, file: Blob): Promise<string> {
    const note = await keepPhoto(file, { name: question.name, path: untrack(question.path) });
    this.known.set(note.name, note);
    return note.name;
  }

  note(name: string): MediaNote | undefined {
    return this.known.get(name);
  }

  notes(): MediaNote[] {
    return [...this.known.values()].map((note) => ({ ...note }));
  }

  /** Those that stand in the form now, each with the place of its question. */
  answered(instance: Instance): MediaNote[] {
    return questionsOf(instance.items)
      .filter((question) => question.type === 'image' && question.text() !== '')
      .flatMap((question) => {
        const note = this.known.get(question.text());
        return note ? [{ ...note, question: question.path() }] : [];
      });
  }

  /** A saved submission names these. */
  keep(notes: readonly MediaNote[]): void {
    for (const { name } of notes) this.sent.add(name);
  }

  async forget(name: string): Promise<void> {
    if (this.sent.has(name)) return;
    this.known.delete(name);
    await removeMedia(name);
  }

  async forgetAll(): Promise<void> {
    for (const name of [...this.known.keys()]) await this.forget(name);
  }
}
