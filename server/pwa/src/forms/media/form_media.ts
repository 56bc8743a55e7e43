// The files of one form (photos, sounds, films, others): kept by file name beside the engine, which loses them, and removed when no submission names them.
import { untrack } from 'solid-js';
import type { FieldType, MediaNote } from '../../data/documents.ts';
import { removeMedia } from '../../data/media.ts';
import type { Instance } from '../engine.ts';
import { questionsOf, type Question } from '../items.ts';
import { keepFile, type Made } from './files.ts';

/** Types of questions whose answer is a file's name. */
export const MEDIA_TYPES: ReadonlySet<FieldType> = new Set(['image', 'audio', 'video', 'file']);

export class FormMedia {
  private readonly known: Map<string, MediaNote>;
  /** a file that a saved submission names is not ours to remove */
  private readonly sent: Set<string>;

  constructor(known: readonly MediaNote[], sent: readonly MediaNote[]) {
    this.known = new Map(known.map((note) => [note.name, note]));
    this.sent = new Set(sent.map(({ name }) => name));
  }

  /** Resolves with the file's name when it is on the phone's disk. */
  async take(question: Pick<Question, 'name' | 'path'>, made: Made): Promise<string> {
    const note = await keepFile(made, { name: question.name, path: untrack(question.path) });
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
      .filter((question) => MEDIA_TYPES.has(question.type) && question.text() !== '')
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
