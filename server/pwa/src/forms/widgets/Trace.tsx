// A line or a shape: by walking it, by standing at each corner, or on the map. Every point is in the draft as soon as it is set; a shape closes by itself.
import Footprints from 'lucide-solid/icons/footprints';
import LocateFixed from 'lucide-solid/icons/locate-fixed';
import Square from 'lucide-solid/icons/square';
import Trash from 'lucide-solid/icons/trash';
import Undo2 from 'lucide-solid/icons/undo-2';
import { createMemo, createSignal, onCleanup, Show } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { type Fix, metresOf, type NoFix, stayAwake, watchHere } from '../place/here.ts';
import { areaSquareMetres, cornersOf, type Figure, lengthMetres, metresBetween, type Point, POINTS_MAX, textOfCorners } from '../place/points.ts';
import { isSomewhere } from '../place/tiles.ts';
import { areaWords, lengthWords } from '../place/words.ts';
import type { WidgetProps } from './widget.ts';
import { Map } from './Map.tsx';

const WALKED_METRES = 5; // from point to point while walking
const WALKED_SECONDS = 2;
const ACCURATE_METRES = 20;

type Doing = { state: 'still' } | { state: 'walking' } | { state: 'locating' } | { state: 'trouble'; why: NoFix };

export function Trace(props: WidgetProps) {
  const figure = (): Figure => (props.question.type === 'geoshape' ? 'shape' : 'line');
  const corners = createMemo(() => cornersOf(props.filling.text(props.question), figure()));
  const accurate = () => metresOf(props.question.field?.parameters, 'capture-accuracy', ACCURATE_METRES);
  const [doing, setDoing] = createSignal<Doing>({ state: 'still' });
  const [here, setHere] = createSignal<Fix | null>(null);
  const readonly = () => props.question.readonly();
  const full = () => corners().length >= POINTS_MAX;
  let unwatch = () => {};
  let sleep = () => {};
  let addedAt = 0;
  const [cleared, setCleared] = createSignal<readonly Point[]>([]); // one tap too many must not cost a walk

  const set = (points: readonly Point[]) => props.filling.answer(props.question, textOfCorners(points, figure()));
  const add = (point: Point) => {
    if (full()) return stop();
    addedAt = Date.now();
    setCleared([]);
    set([...corners(), point]);
  };
  const stop = () => {
    unwatch();
    sleep();
    unwatch = sleep = () => {};
    setDoing({ state: 'still' });
  };
  onCleanup(() => {
    unwatch();
    sleep();
  });

  const watch = (next: 'walking' | 'locating') => {
    stop();
    setHere(null);
    setDoing({ state: next });
    sleep = stayAwake();
    unwatch = watchHere(arrived, (why) => {
      if (why === 'not_found' && next === 'walking') return; // under a roof one walks on
      stop();
      setDoing({ state: 'trouble', why });
    });
  };
  const arrived = (fix: Fix) => {
    setHere(fix);
    if (fix.accuracy > accurate()) return;
    if (doing().state === 'locating') {
      stop();
      return add(fix);
    }
    const last = corners().at(-1);
    if (!last || (metresBetween(last, fix) >= WALKED_METRES && Date.now() - addedAt >= WALKED_SECONDS * 1000)) add(fix);
  };
  const addHere = () => {
    if (doing().state !== 'locating') return watch('locating');
    const best = here(); // the second press takes what there is
    stop();
    if (best) add(best);
  };

  const undo = () => {
    set(corners().length > 0 ? corners().slice(0, -1) : cleared());
    setCleared([]);
  };
  const clear = () => {
    stop();
    setCleared(corners());
    set([]);
  };

  const measured = () => {
    const points = corners();
    const length = lengthWords(lengthMetres(points, figure() === 'shape'));
    const words = [t('form.trace.points', { count: points.length })];
    if (points.length > 1) words.push(figure() === 'shape' && points.length > 2 ? t('form.trace.area', { area: areaWords(areaSquareMetres(points)), length }) : t('form.trace.length', { length }));
    return words.join(' · ');
  };
  const isWalking = () => doing().state === 'walking';
  const isLocating = () => doing().state === 'locating';
  const trouble = () => {
    const now = doing();
    return now.state === 'trouble' ? now.why : null;
  };
  return (
    <div class="stack">
      <Map points={corners()} figure={figure()} here={here()} label={`${t('form.map.title')}: ${measured()}`} {...(readonly() || full() ? {} : { onPlace: (at) => add(at) })} />
      <p class="kept-thing" role="status">
        <strong>{corners().length > 0 ? measured() : t('form.trace.few_line')}</strong>
      </p>
      <Show when={!readonly()}>
        <div class="trace__ways" role="group" aria-labelledby={props.labelledBy}>
          <button type="button" class="button widget-button" classList={{ 'button--soft': !isWalking() && corners().length === 0, 'button--main': isWalking() }} disabled={full()} onClick={() => (isWalking() ? stop() : watch('walking'))}>
            <Show when={isWalking()} fallback={<Footprints size={22} />}>
              <Square size={22} />
            </Show>
            {t(isWalking() ? 'form.trace.stop' : 'form.trace.walk')}
          </button>
          <button type="button" class="button widget-button" disabled={full() || isWalking()} onClick={addHere}>
            <LocateFixed size={22} />
            {isLocating() ? (here() ? t('form.position.stop', { metres: Math.round(here()!.accuracy) }) : t('form.position.searching')) : t('form.trace.here')}
          </button>
          <button type="button" class="button widget-button" disabled={corners().length === 0 && cleared().length === 0} onClick={undo}>
            <Undo2 size={22} /> {t(corners().length === 0 && cleared().length > 0 ? 'form.undo' : 'form.trace.undo')}
          </button>
          <button type="button" class="button button--bad widget-button" disabled={corners().length === 0} onClick={clear}>
            <Trash size={22} /> {t('form.trace.clear')}
          </button>
        </div>
        <p class="soft" role="status">
          <Show when={isWalking() || isLocating()} fallback={isSomewhere(corners()) ? t('form.trace.tap') : ''}>
            {here() && here()!.accuracy > accurate()
              ? t('form.trace.waiting', { metres: Math.round(here()!.accuracy) })
              : isWalking()
                ? t('form.trace.walking', { metres: WALKED_METRES, accuracy: accurate() })
                : t('form.position.wanted', { metres: accurate() })}
          </Show>
        </p>
      </Show>
      <Show when={full()}>
        <p class="notice notice--warn" role="status">
          {t('form.trace.full', { most: POINTS_MAX })}
        </p>
      </Show>
      <Show when={trouble()}>
        {(why) => (
          <p class="notice notice--warn" role="status">
            <span>
              {t(`form.position.${why()}`)} {why() === 'denied' ? t('form.position.denied_how') : ''} {isSomewhere(corners()) ? t('form.position.by_map') : ''}
            </span>
          </p>
        )}
      </Show>
    </div>
  );
}
