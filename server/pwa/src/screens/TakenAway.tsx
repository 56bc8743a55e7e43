// Tells the person that an area is not theirs any more: what went from the phone, what was handed in, what is still here.
import { Show } from 'solid-js';
import { drafts } from '../data/drafts.ts';
import { session } from '../data/session.ts';
import { sheets } from '../data/submissions.ts';
import { handedIn, readTakenAway, takenAway } from '../data/taken_away.ts';
import { t, textOf } from '../i18n/index.ts';

export function TakenAwayNotice() {
  return (
    <Show when={takenAway()}>
      {(noted) => {
        const counts = () => handedIn(noted(), sheets());
        const begun = () => drafts().filter((draft) => noted().areas.some(({ id }) => id === draft.area)).length;
        return (
          <section class="notice notice--warn notice--news" role="status">
            <div class="stack grow">
              <strong>{t('taken_away.title', { areas: noted().areas.map(({ name }) => textOf(name)).join('、') })}</strong>
              <p>{t('taken_away.gone')}</p>
              <Show when={counts().sent > 0}><p>{t('taken_away.handed_in', { count: counts().sent })}</p></Show>
              <Show when={counts().left > 0}><p>{t('taken_away.left', { count: counts().left })}</p></Show>
              <Show when={begun() > 0}><p>{t('taken_away.drafts', { count: begun() })}</p></Show>
              <button type="button" class="button" onClick={() => void readTakenAway(session()!.worker.id)}>{t('taken_away.seen')}</button>
            </div>
          </section>
        );
      }}
    </Show>
  );
}
