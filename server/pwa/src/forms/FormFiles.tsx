// Pictures, sounds and films of a form itself, beside its questions and choices, from the phone's own copy.
import ImageOff from 'lucide-solid/icons/image-off';
import Pause from 'lucide-solid/icons/pause';
import Volume2 from 'lucide-solid/icons/volume-2';
import X from 'lucide-solid/icons/x';
import ZoomIn from 'lucide-solid/icons/zoom-in';
import { createEffect, createSignal, onCleanup, onMount, Show } from 'solid-js';
import { formFile } from '../data/form_files.ts';
import type { FormDocument } from '../data/documents.ts';
import { t } from '../i18n/index.ts';

interface Named {
  form: FormDocument;
  name: string;
}

/** An address for the file while somebody looks at it; "" when it is not here. */
function useFile(file: () => Named): { address: () => string; loading: () => boolean } {
  const [address, setAddress] = createSignal('');
  const [loading, setLoading] = createSignal(true);
  // No resource: nothing around a picture waits for it.
  createEffect(() => {
    const { form, name } = file();
    let made = '';
    let gone = false;
    setLoading(true);
    formFile(form, name)
      .then((blob) => {
        if (!gone) setAddress((made = URL.createObjectURL(blob)));
      })
      .catch(() => {}) // what is not on the phone is no error of the page: the place says so
      .finally(() => setLoading(false));
    onCleanup(() => {
      gone = true;
      setAddress('');
      if (made) URL.revokeObjectURL(made);
    });
  });
  return { address, loading };
}

export function FormPicture(props: Named & { alt: string; class?: string }) {
  const file = useFile(() => props);
  return (
    <Show
      when={file.address()}
      fallback={
        <span class={`form-file__gone ${props.class ?? ''}`} title={props.name}>
          <Show when={!file.loading()}>
            <ImageOff size={22} aria-label={t('form.files.not_here', { name: props.name })} />
          </Show>
        </span>
      }
    >
      <img src={file.address()} alt={props.alt} class={props.class} />
    </Show>
  );
}

export function FormSound(props: Named & { words: string; small?: boolean }) {
  const file = useFile(() => props);
  const [playing, setPlaying] = createSignal(false);
  let player: HTMLAudioElement | undefined;
  const toggle = () => {
    if (!player) return;
    if (playing()) {
      player.pause();
      player.currentTime = 0;
    } else void player.play().catch(() => setPlaying(false));
  };
  return (
    <>
      <audio ref={player} src={file.address() || undefined} onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} onEnded={() => setPlaying(false)} />
      <button type="button" class="button widget-button" disabled={!file.address()} aria-label={t(playing() ? 'form.files.stop' : 'form.files.play', { words: props.words })} onClick={toggle}>
        <Show when={playing()} fallback={<Volume2 size={24} />}>
          <Pause size={24} />
        </Show>
        <Show when={!props.small}>{t(file.address() || file.loading() ? (playing() ? 'form.files.stop_word' : 'form.files.play_word') : 'form.files.not_here', { name: props.name })}</Show>
      </button>
    </>
  );
}

export function FormFilm(props: Named) {
  const file = useFile(() => props);
  return (
    <Show when={file.address()} fallback={<Show when={!file.loading()}>{<p class="soft">{t('form.files.not_here', { name: props.name })}</p>}</Show>}>
      {/* The form's author speaks in it: there is no track of words. */}
      <video src={file.address()} controls playsinline class="form-file__film" />
    </Show>
  );
}

/** A button that shows the picture as large as the screen. */
export function LargePicture(props: Named & { words: string; children?: never }) {
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="button widget-button" aria-label={t('form.files.enlarge', { words: props.words })} onClick={() => setOpen(true)}>
        <ZoomIn size={24} />
      </button>
      <Show when={open()}>
        <Enlarged {...props} onClose={() => setOpen(false)} />
      </Show>
    </>
  );
}

function Enlarged(props: Named & { words: string; onClose: () => void }) {
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  return (
    <dialog class="enlarged" ref={dialog} aria-label={props.words} onClose={() => props.onClose()} onClick={() => props.onClose()}>
      <button type="button" class="icon-button enlarged__close" aria-label={t('form.outline.close')} onClick={() => props.onClose()}>
        <X size={26} />
      </button>
      <FormPicture form={props.form} name={props.name} alt={props.words} class="enlarged__picture" />
    </dialog>
  );
}
