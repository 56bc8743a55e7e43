// What every question with a file shares: the file that is kept, taking a new one with its failures said in words, taking it away.
import FileX from 'lucide-solid/icons/file-x';
import Trash from 'lucide-solid/icons/trash';
import { createEffect, createSignal, type JSX, onCleanup, Show, untrack } from 'solid-js';
import type { StoredMedia } from '../../forms-contract.ts';
import { readMedia } from '../../data/media.ts';
import { t } from '../../i18n/index.ts';
import { type Made, megabytes, sentenceOf } from '../media/files.ts';
import type { WidgetProps } from './widget.ts';
import './media.css';

export interface KeptFile {
  /** the answer: the file's name, or '' */
  name(): string;
  stored(): StoredMedia | undefined;
  isLoading(): boolean;
  /** an address of its bytes for img, audio, video; '' while there is none */
  address(): string;
  busy(): boolean;
  failure(): string;
  say(sentence: string): void;
  /** makes a file and keeps it as the answer; what goes wrong is said */
  keep(make: () => Promise<Made>): Promise<void>;
  remove(): Promise<void>;
}

export function keptFile(props: WidgetProps): KeptFile {
  const name = () => props.filling.text(props.question);
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal('');
  // No resource: its first reading would take the canvas that one draws on off the screen for a moment.
  const [stored, setStored] = createSignal<StoredMedia>();
  const [reading, setReading] = createSignal(false);
  createEffect(() => {
    const wanted = name();
    setReading(wanted !== '');
    if (!wanted) return setStored();
    void readMedia(wanted)
      .catch(() => undefined)
      .then((found) => {
        if (untrack(name) !== wanted) return;
        setStored(found);
        setReading(false);
      });
  });
  const [address, setAddress] = createSignal('');
  createEffect(() => {
    const blob = stored()?.blob;
    const made = blob ? URL.createObjectURL(blob) : '';
    setAddress(made);
    onCleanup(() => made && URL.revokeObjectURL(made));
  });
  return {
    name,
    stored,
    isLoading: reading,
    address,
    busy,
    failure,
    say: setFailure,
    async keep(make) {
      setBusy(true);
      setFailure('');
      try {
        await props.filling.keepMedia(props.question, await make());
      } catch (error) {
        setFailure(sentenceOf(error));
      } finally {
        setBusy(false);
      }
    },
    async remove() {
      setFailure('');
      await props.filling.removeMedia(props.question);
    },
  };
}

/** The chosen file of an input, which is ready for the same file again. */
export function chosen(input: HTMLInputElement): File | undefined {
  const file = input.files?.[0];
  input.value = '';
  return file;
}

/** How large what is kept is, in words. */
export function sizeWords(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${megabytes(bytes)} MB`;
}

export function KeptNote(props: { file: KeptFile }) {
  return (
    <Show when={props.file.stored()}>
      {(media) => (
        <p class="soft kept-note">
          <Show when={media().original}>{(original) => <strong class="kept-note__name">{original()}</strong>}</Show>
          {t('form.media.kept', { size: sizeWords(media().bytes) })}
        </p>
      )}
    </Show>
  );
}

/** The file where it is on this phone, else a sentence. */
export function Here(props: { file: KeptFile; children: JSX.Element }) {
  return (
    <Show when={props.file.name()}>
      <Show
        when={props.file.address()}
        fallback={
          <span class="photo__gone">
            <FileX size={28} /> {props.file.isLoading() ? '…' : t('form.media.not_here')}
          </span>
        }
      >
        {props.children}
      </Show>
    </Show>
  );
}

export function RemoveButton(props: { file: KeptFile; disabled?: boolean }) {
  return (
    <Show when={props.file.name()}>
      <button type="button" class="button button--bad widget-button" disabled={props.disabled || props.file.busy()} onClick={() => void props.file.remove()}>
        <Trash size={22} /> {t('form.media.remove')}
      </button>
    </Show>
  );
}

export function Failure(props: { text: string }) {
  return (
    <Show when={props.text}>
      <p class="notice notice--bad" role="alert">
        {props.text}
      </p>
    </Show>
  );
}

/** A big button that opens the phone's camera, recorder or files. */
export function FileButton(props: { accept?: string; capture?: 'environment' | 'user'; labelledBy: string; disabled?: boolean; main?: boolean; onFile: (file: File) => void; children: JSX.Element }) {
  return (
    <label class="button widget-button" classList={{ grow: props.main !== undefined, 'button--soft': props.main, 'button--off': props.disabled }}>
      {props.children}
      <input
        class="visually-hidden"
        type="file"
        accept={props.accept}
        capture={props.capture}
        aria-describedby={props.labelledBy}
        disabled={props.disabled}
        onChange={(event) => {
          const file = chosen(event.currentTarget);
          if (file) props.onFile(file);
        }}
      />
    </label>
  );
}
