// Any file of the phone: a list, a paper as PDF. Which kinds and how large is said before it is chosen.
import FileText from 'lucide-solid/icons/file-text';
import Paperclip from 'lucide-solid/icons/paperclip';
import { Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { accepts } from '../media/accept.ts';
import { bytesMaxOf, checkSize, FILE_BYTES_MAX, megabytes, NotKept } from '../media/files.ts';
import type { WidgetProps } from './widget.ts';
import { Failure, FileButton, Here, KeptNote, keptFile, RemoveButton } from './kept_file.tsx';

export function AnyFile(props: WidgetProps) {
  const file = keptFile(props);
  const bytesMax = bytesMaxOf(FILE_BYTES_MAX);
  const accept = () => props.question.field?.parameters?.['accept'];
  const types = () => accept()?.split(',').map((each) => each.trim()).join(', ') ?? '';
  const take = (any: File) =>
    void file.keep(() => {
      checkSize(any, bytesMax);
      if (!accepts(accept(), any)) throw new NotKept('wrong_type', { types: types() });
      return Promise.resolve({ blob: any, original: any.name });
    });
  const off = () => file.busy() || props.question.readonly();
  return (
    <div class="stack">
      <Here file={file}>
        <div class="kept-thing">
          <FileText size={26} />
          <KeptNote file={file} />
        </div>
      </Here>
      <div class="row row--wrap">
        <FileButton accept={accept()} labelledBy={props.labelledBy} disabled={off()} main={!file.name()} onFile={take}>
          <Paperclip size={22} /> {file.busy() ? t('form.media.working') : t(file.name() ? 'form.file.another' : 'form.file.choose')}
        </FileButton>
        <Show when={!props.question.readonly()}>
          <RemoveButton file={file} />
        </Show>
      </div>
      <p class="soft">{[types() && t('form.media.only', { types: types() }), t('form.media.limit', { most: megabytes(bytesMax) })].filter(Boolean).join(' · ')}</p>
      <Failure text={file.failure()} />
    </div>
  );
}
