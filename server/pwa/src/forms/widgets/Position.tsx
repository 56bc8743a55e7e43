// Where the phone is, with how sure it is. Works without permission or sky: says so, and the question can be left.
import LocateFixed from 'lucide-solid/icons/locate-fixed';
import MapPin from 'lucide-solid/icons/map-pin';
import { createSignal, onCleanup, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { valueOf } from '../answers.ts';
import type { Filling } from '../filling.ts';
import type { Question } from '../items.ts';

const GOOD_ENOUGH_METRES = 15;
const SEARCH_SECONDS_MAX = 20;

type Search = { state: 'idle' } | { state: 'searching'; metres: number | null } | { state: 'denied' } | { state: 'not_found' } | { state: 'none' };

export function Position(props: { question: Question; filling: Filling; labelledBy: string }) {
  const [search, setSearch] = createSignal<Search>({ state: 'idle' });
  const point = () => {
    const value = valueOf('geopoint', props.filling.text(props.question));
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, number>) : null;
  };
  let watch: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    clearTimeout(timer);
  };
  onCleanup(stop);

  // The first fix is often 100 m off and the fifth 10 m: each better one is kept until one is good enough.
  const find = () => {
    if (!navigator.geolocation) return setSearch({ state: 'none' });
    stop();
    let best = Infinity;
    setSearch({ state: 'searching', metres: null });
    timer = setTimeout(() => {
      stop();
      setSearch(best < Infinity ? { state: 'idle' } : { state: 'not_found' });
    }, SEARCH_SECONDS_MAX * 1000);
    watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        if (coords.accuracy >= best) return;
        best = coords.accuracy;
        props.filling.answer(props.question, [coords.latitude, coords.longitude, coords.altitude ?? 0, Math.round(coords.accuracy * 10) / 10].join(' '));
        setSearch({ state: 'searching', metres: Math.round(best) });
        if (best <= GOOD_ENOUGH_METRES) {
          stop();
          setSearch({ state: 'idle' });
        }
      },
      (error) => {
        stop();
        setSearch({ state: error.code === error.PERMISSION_DENIED ? 'denied' : 'not_found' });
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: SEARCH_SECONDS_MAX * 1000 },
    );
  };

  const searching = () => {
    const now = search();
    return now.state === 'searching' ? now : null;
  };
  return (
    <div class="stack">
      <Show when={point()}>
        {(at) => (
          <p class="kept-thing">
            <MapPin size={24} />
            <span>
              <span class="number">
                {at().latitude!.toFixed(5)}, {at().longitude!.toFixed(5)}
              </span>
              <br />
              <strong>{t('form.position.accuracy', { metres: Math.round(at().accuracy ?? 0) })}</strong>
            </span>
          </p>
        )}
      </Show>
      <div class="row row--wrap">
        <button type="button" class="button grow widget-button" classList={{ 'button--soft': !point() }} onClick={() => (searching() ? (stop(), setSearch({ state: 'idle' })) : find())}>
          <LocateFixed size={22} />
          <Show when={searching()} fallback={point() ? t('form.position.again') : t('form.position.find')}>
            {(now) => (now().metres === null ? t('form.position.searching') : t('form.position.better', { metres: now().metres! }))}
          </Show>
        </button>
        <Show when={point() && !searching()}>
          <button type="button" class="button widget-button" onClick={() => props.filling.answer(props.question, '')}>
            {t('form.clear')}
          </button>
        </Show>
      </div>
      <Show when={search().state === 'denied' || search().state === 'not_found' || search().state === 'none'}>
        <p class="notice notice--warn" role="status">
          <span>
            {t(search().state === 'denied' ? 'form.position.denied' : search().state === 'none' ? 'form.position.none' : 'form.position.not_found')}
            {props.question.required() ? '' : ` ${t('form.position.skip')}`}
          </span>
        </p>
      </Show>
    </div>
  );
}
