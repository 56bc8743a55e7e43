// A photo: taken or chosen, shown small, drawn on where the form asks for it, taken away on request. It is on the disk before its name stands in the form.
import Camera from 'lucide-solid/icons/camera';
import Images from 'lucide-solid/icons/images';
import Pencil from 'lucide-solid/icons/pencil';
import { createSignal, lazy, Show, Suspense } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { sideOf, smallPhoto } from '../media/photos.ts';
import type { WidgetProps } from './widget.ts';
import { Failure, FileButton, Here, KeptNote, keptFile, RemoveButton } from './kept_file.tsx';

const Canvas = lazy(() => import('./Drawing.tsx').then(({ Canvas }) => ({ default: Canvas })));

export function Photo(props: WidgetProps) {
  const file = keptFile(props);
  const [drawing, setDrawing] = createSignal(false);
  const may = (appearance: string) => props.question.appearance.has(appearance);
  const cameraOnly = () => may('new') || may('new-front');
  const take = (photo: File) => {
    setDrawing(false);
    void file.keep(() => smallPhoto(photo, sideOf(props.question.field?.parameters)));
  };
  const off = () => file.busy() || props.question.readonly();
  return (
    <div class="stack">
      <Show
        when={drawing() && file.stored()}
        fallback={
          <Here file={file}>
            <figure class="photo">
              <img src={file.address()} alt={props.question.label()} onError={() => file.say(t('form.media.not_an_image'))} />
              <figcaption>
                <KeptNote file={file} />
              </figcaption>
            </figure>
          </Here>
        }
      >
        <Suspense>
          <Canvas {...props} file={file} kind="annotate" />
        </Suspense>
      </Show>
      <div class="row row--wrap">
        <FileButton accept="image/*" capture={may('new-front') ? 'user' : 'environment'} labelledBy={props.labelledBy} disabled={off()} main={!file.name()} onFile={take}>
          <Camera size={22} /> {file.busy() ? t('form.media.working') : file.name() ? t('form.photo.retake') : t('form.photo.take')}
        </FileButton>
        <Show when={!cameraOnly()}>
          <FileButton accept="image/*" labelledBy={props.labelledBy} disabled={off()} onFile={take}>
            <Images size={22} /> {t('form.photo.choose')}
          </FileButton>
        </Show>
        <Show when={may('annotate') && file.stored()}>
          <button type="button" class="button widget-button" aria-pressed={drawing()} disabled={off()} onClick={() => setDrawing(!drawing())}>
            <Pencil size={22} /> {t('form.draw.annotate')}
          </button>
        </Show>
        <Show when={!props.question.readonly()}>
          <RemoveButton file={file} />
        </Show>
      </div>
      <Failure text={file.failure()} />
    </div>
  );
}
