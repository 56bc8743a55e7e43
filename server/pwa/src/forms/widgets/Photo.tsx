// A photo: taken or chosen, shown small, taken away on request. It is on the disk before its name stands in the form.
import Camera from 'lucide-solid/icons/camera';
import ImageOff from 'lucide-solid/icons/image-off';
import Images from 'lucide-solid/icons/images';
import Trash from 'lucide-solid/icons/trash';
import { createEffect, createResource, createSignal, onCleanup, Show } from 'solid-js';
import { readMedia } from '../../data/media.ts';
import { t } from '../../i18n/index.ts';
import type { Filling } from '../filling.ts';
import type { Question } from '../items.ts';

export function Photo(props: { question: Question; filling: Filling; labelledBy: string }) {
  const name = () => props.filling.text(props.question);
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal('');
  const [stored] = createResource(name, (wanted) => readMedia(wanted));
  const [address, setAddress] = createSignal('');
  createEffect(() => {
    const blob = stored()?.blob;
    const made = blob ? URL.createObjectURL(blob) : '';
    setAddress(made);
    onCleanup(() => made && URL.revokeObjectURL(made));
  });

  const take = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    input.value = '';
    if (!file) return;
    setBusy(true);
    setFailure('');
    try {
      await props.filling.photo(props.question, file);
    } catch (error) {
      setFailure((error as Error).message);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="stack">
      <Show when={name()}>
        <figure class="photo">
          <Show
            when={address()}
            fallback={
              <span class="photo__gone">
                <ImageOff size={28} /> {stored.loading ? '…' : t('form.photo.not_here')}
              </span>
            }
          >
            <img src={address()} alt={props.question.label()} />
          </Show>
          <figcaption class="soft">{t('form.photo.kept', { kilobytes: Math.max(1, Math.round((props.filling.photoNote(name())?.bytes ?? 0) / 1000)) })}</figcaption>
        </figure>
      </Show>
      <div class="row row--wrap">
        <label class="button grow widget-button" classList={{ 'button--soft': !name() }}>
          <Camera size={22} /> {busy() ? t('form.photo.working') : name() ? t('form.photo.retake') : t('form.photo.take')}
          <input class="visually-hidden" type="file" accept="image/*" capture="environment" aria-labelledby={props.labelledBy} disabled={busy()} onChange={(event) => void take(event.currentTarget)} />
        </label>
        <label class="button widget-button">
          <Images size={22} /> {t('form.photo.choose')}
          <input class="visually-hidden" type="file" accept="image/*" disabled={busy()} onChange={(event) => void take(event.currentTarget)} />
        </label>
        <Show when={name()}>
          <button type="button" class="button button--bad widget-button" onClick={() => void props.filling.removePhoto(props.question)}>
            <Trash size={22} /> {t('form.photo.remove')}
          </button>
        </Show>
      </div>
      <Show when={failure()}>
        <p class="notice notice--bad" role="alert">
          {t('form.photo.failed', { reason: failure() })}
        </p>
      </Show>
    </div>
  );
}
