// Where the phone is, with how sure it is. Works without permission or sky: says what to do, and the question can be left; on a map it can be placed by hand.
import LocateFixed from 'lucide-solid/icons/locate-fixed';
import MapPin from 'lucide-solid/icons/map-pin';
import { createSignal, lazy, onCleanup, Show, Suspense } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { type Fix, metresOf, type NoFix, watchHere } from '../place/here.ts';
import { pointOf, textOfPoint } from '../place/points.ts';
import { isSomewhere, tiles } from '../place/tiles.ts';
import type { WidgetProps } from './widget.ts';

const Map = lazy(() => import('./Map.tsx').then(({ Map }) => ({ default: Map })));

const GOOD_ENOUGH_METRES = 15;
const POOR_METRES = 100;
const SEARCH_SECONDS_MAX = 20;
// A form that asks for more than usual gets the time for it.
const PATIENT_SECONDS_MAX = 60;

type Search = { state: 'idle' } | { state: 'searching'; best: number | null } | { state: 'trouble'; why: NoFix };

export function Position(props: WidgetProps) {
  const [search, setSearch] = createSignal<Search>({ state: 'idle' });
  const [here, setHere] = createSignal<Fix | null>(null);
  const point = () => pointOf(props.filling.text(props.question));
  const parameters = () => props.question.field?.parameters;
  const wanted = () => metresOf(parameters(), 'capture-accuracy', GOOD_ENOUGH_METRES);
  const poor = () => metresOf(parameters(), 'warning-accuracy', POOR_METRES);
  const may = (appearance: string) => props.question.appearance.has(appearance);
  const isPlaced = () => point()?.accuracy === 0;
  let unwatch = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    unwatch();
    unwatch = () => {};
    clearTimeout(timer);
  };
  onCleanup(stop);

  // The first fix is often 100 m off and the fifth 10 m: each better one is kept until one is good enough.
  const find = () => {
    stop();
    let best = Infinity;
    setSearch({ state: 'searching', best: null });
    const seconds = parameters()?.['capture-accuracy'] ? PATIENT_SECONDS_MAX : SEARCH_SECONDS_MAX;
    timer = setTimeout(() => {
      stop();
      setSearch(best < Infinity ? { state: 'idle' } : { state: 'trouble', why: 'not_found' });
    }, seconds * 1000);
    unwatch = watchHere(
      (fix) => {
        setHere(fix);
        if (fix.accuracy >= best) return;
        best = fix.accuracy;
        props.filling.answer(props.question, textOfPoint(fix));
        setSearch({ state: 'searching', best: Math.round(best) });
        if (best > wanted()) return;
        stop();
        setSearch({ state: 'idle' });
      },
      (why) => {
        if (why === 'not_found' && best < Infinity) return; // a fix is there; the time limit ends the search
        stop();
        setSearch({ state: 'trouble', why });
      },
    );
  };
  const place = (at: { latitude: number; longitude: number }) => {
    stop();
    setSearch({ state: 'idle' });
    props.filling.answer(props.question, textOfPoint(at));
  };

  const searching = () => {
    const now = search();
    return now.state === 'searching' ? now : null;
  };
  const trouble = () => {
    const now = search();
    return now.state === 'trouble' ? now.why : null;
  };
  const showsMap = () => may('placement-map') || (may('maps') && (point() !== null || here() !== null)) || (point() !== null && tiles() !== null);
  return (
    <div class="stack">
      <Show when={point()}>
        {(at) => (
          <p class="kept-thing">
            <MapPin size={24} />
            <span>
              <span class="number">
                {at().latitude.toFixed(5)}, {at().longitude.toFixed(5)}
              </span>
              <br />
              <strong>{isPlaced() ? t('form.position.placed') : t('form.position.accuracy', { metres: Math.round(at().accuracy ?? 0) })}</strong>
            </span>
          </p>
        )}
      </Show>
      <Show when={point() && !searching() && (point()!.accuracy ?? 0) > poor()}>
        <p class="notice notice--warn" role="status">
          {t('form.position.poor', { metres: Math.round(point()!.accuracy ?? 0), wanted: poor() })}
        </p>
      </Show>
      <Show when={showsMap()}>
        <Suspense>
          <Map points={point() ? [point()!] : []} figure="point" here={here()} label={t('form.map.title')} {...(may('placement-map') && !props.question.readonly() ? { onPlace: place } : {})} />
        </Suspense>
      </Show>
      <Show when={!props.question.readonly()}>
        <div class="row row--wrap">
          <button
            type="button"
            class="button grow widget-button"
            classList={{ 'button--soft': !point() }}
            aria-describedby={props.labelledBy}
            onClick={() => (searching() ? (stop(), setSearch({ state: 'idle' })) : find())}
          >
            <LocateFixed size={22} />
            <Show when={searching()} fallback={point() ? t('form.position.again') : t('form.position.find')}>
              {(now) => <>{now().best === null ? t('form.position.searching') : t('form.position.stop', { metres: now().best! })}</>}
            </Show>
          </button>
          <Show when={point() && !searching()}>
            <button type="button" class="button widget-button" onClick={() => props.filling.answer(props.question, '')}>
              {t('form.clear')}
            </button>
          </Show>
        </div>
      </Show>
      <Show when={searching()}>
        <p class="soft" role="status">
          {t('form.position.wanted', { metres: wanted() })}
        </p>
      </Show>
      <Show when={trouble()}>
        {(why) => (
          <p class="notice notice--warn" role="status">
            <span>
              {t(`form.position.${why()}`)} {why() === 'denied' ? t('form.position.denied_how') : ''}
              {may('placement-map') && isSomewhere([]) ? ` ${t('form.position.by_map')}` : props.question.required() ? '' : ` ${t('form.position.skip')}`}
            </span>
          </p>
        )}
      </Show>
    </div>
  );
}
