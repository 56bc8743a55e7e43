// A video: taken with the phone's camera or chosen, shown, taken away. What it may weigh is said before it is taken.
import Video from 'lucide-solid/icons/video';
import FolderOpen from 'lucide-solid/icons/folder-open';
import { Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { bytesMaxOf, checkSize, megabytes, NotKept, typeOf, VIDEO_BYTES_MAX } from '../media/files.ts';
import type { WidgetProps } from './widget.ts';
import { Failure, FileButton, Here, KeptNote, keptFile, RemoveButton } from './kept_file.tsx';

const BYTES_A_SECOND = 1_000_000; // of a phone's camera at 720 to 1080 lines

export function Film(props: WidgetProps) {
  const file = keptFile(props);
  const bytesMax = bytesMaxOf(VIDEO_BYTES_MAX);
  const may = (appearance: string) => props.question.appearance.has(appearance);
  const take = (film: File) =>
    void file.keep(() => {
      checkSize(film, bytesMax);
      if (!typeOf(film).startsWith('video/')) throw new NotKept('not_a_film');
      return Promise.resolve({ blob: film });
    });
  const off = () => file.busy() || props.question.readonly();
  return (
    <div class="stack">
      <Here file={file}>
        <video class="player player--film" controls playsinline preload="metadata" src={file.address()} aria-labelledby={props.labelledBy} onError={() => file.address() && file.say(t('form.media.not_a_film'))} />
        <KeptNote file={file} />
      </Here>
      <div class="row row--wrap">
        <FileButton accept="video/*" capture={may('new-front') ? 'user' : 'environment'} labelledBy={props.labelledBy} disabled={off()} main={!file.name()} onFile={take}>
          <Video size={22} /> {file.busy() ? t('form.media.working') : t(file.name() ? 'form.video.retake' : 'form.video.take')}
        </FileButton>
        <Show when={!may('new') && !may('new-front')}>
          <FileButton accept="video/*" labelledBy={props.labelledBy} disabled={off()} onFile={take}>
            <FolderOpen size={22} /> {t('form.video.choose')}
          </FileButton>
        </Show>
        <Show when={!props.question.readonly()}>
          <RemoveButton file={file} />
        </Show>
      </div>
      <Show when={!file.name()}>
        <p class="soft">{t('form.video.hint', { most: megabytes(bytesMax), seconds: Math.floor(bytesMax / BYTES_A_SECOND) })}</p>
      </Show>
      <Failure text={file.failure()} />
    </div>
  );
}
