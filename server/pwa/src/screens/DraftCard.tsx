// A form begun and not finished: go on with it, or delete it, with an undo instead of "are you sure".
import { useNavigate } from '@solidjs/router';
import Trash from 'lucide-solid/icons/trash';
import { createSignal, onCleanup, Show } from 'solid-js';
import { removeDraft } from '../data/drafts.ts';
import { formTitle, recordName } from '../data/labels.ts';
import { forms, oneOf, rows } from '../data/records.ts';
import type { Draft } from '../forms-contract.ts';
import { moment } from '../i18n/dates.ts';
import { t, textOf } from '../i18n/index.ts';
import { draftPath, SURVEY } from './open_form.ts';

const UNDO_SECONDS = 6;

export function DraftCard(props: { draft: Draft }) {
  const navigate = useNavigate();
  const name = () => {
    const row = rows().get(oneOf(props.draft.start.record ?? props.draft.start.household ?? ''));
    return (row && recordName(row)) || props.draft.title;
  };
  const [going, setGoing] = createSignal<ReturnType<typeof setTimeout> | null>(null);
  const discard = () => setGoing(setTimeout(() => void removeDraft(props.draft.id), UNDO_SECONDS * 1000));
  const keep = () => {
    clearTimeout(going() ?? undefined);
    setGoing(null);
  };
  onCleanup(() => clearTimeout(going() ?? undefined)); // left the screen before the time was up: the draft stays

  return (
    <div class="card draft">
      <Show
        when={going() === null}
        fallback={
          <div class="row">
            <span class="grow">{t('today.discarded')}</span>
            <button type="button" class="button button--soft" onClick={keep}>{t('today.undo')}</button>
          </div>
        }
      >
        <div class="row">
          <span class="grow">
            <strong>{name() || (props.draft.form === SURVEY ? t('today.unknown_door') : formTitle(props.draft.form))}</strong>
            <br />
            <span class="soft">{textOf(forms().get(`form:${props.draft.form}:${props.draft.version}`)?.title)} · {moment(props.draft.updated_at)}</span>
          </span>
          <button type="button" class="button button--plain draft__discard" aria-label={t('today.discard')} onClick={discard}>
            <Trash size={22} aria-hidden="true" />
          </button>
          <button type="button" class="button button--soft" onClick={() => navigate(draftPath(props.draft))}>{t('today.go_on')}</button>
        </div>
      </Show>
    </div>
  );
}
