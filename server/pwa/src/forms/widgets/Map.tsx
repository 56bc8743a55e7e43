// A map to look at and to place points on: the operator's pictures where there are some, else a grid of metres. Plain SVG; a finger moves it, two bring it nearer.
import Maximize from 'lucide-solid/icons/maximize';
import Minus from 'lucide-solid/icons/minus';
import Plus from 'lucide-solid/icons/plus';
import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show, untrack } from 'solid-js';
import { t } from '../../i18n/index.ts';
import { type Fix, lastFix } from '../place/here.ts';
import { fit, fromScreen, gridOf, metresPerPixel, moved, type Size, type Spot, tilesOf, toScreen, type View, zoomed } from '../place/map_view.ts';
import type { Point } from '../place/points.ts';
import { isSomewhere, tiles } from '../place/tiles.ts';
import { lengthWords } from '../place/words.ts';
import './map.css';

const TAP_PIXELS_MAX = 12; // a finger that moves farther moves the map
const STEP_PIXELS = 48;
const ARROWS: Record<string, Spot> = { ArrowLeft: { x: STEP_PIXELS, y: 0 }, ArrowRight: { x: -STEP_PIXELS, y: 0 }, ArrowUp: { x: 0, y: STEP_PIXELS }, ArrowDown: { x: 0, y: -STEP_PIXELS } };

export interface MapProps {
  points: readonly Point[];
  figure: 'point' | 'line' | 'shape';
  here: Fix | null;
  /** what a screen reader says of it */
  label: string;
  /** where a tap, or the cross in the middle, places a point */
  onPlace?: (at: { latitude: number; longitude: number }) => void;
}

export function Map(props: MapProps) {
  return (
    <Show when={isSomewhere([...props.points, ...(props.here ? [props.here] : [])])} fallback={<p class="notice notice--calm">{t('form.map.unknown')}</p>}>
      <Drawn {...props} />
    </Show>
  );
}

function Drawn(props: MapProps) {
  let drawing!: SVGSVGElement;
  const [size, setSize] = createSignal<Size>({ width: 320, height: 288 });
  const [chosen, setChosen] = createSignal<View | null>(null); // null: all is shown
  const known = createMemo(() => [...props.points, ...(props.here ? [props.here] : [])]);
  const view = createMemo<View>((before) => chosen() ?? fit(known(), size()) ?? before ?? fit(lastFix() ? [lastFix()!] : [], size()) ?? { ...tiles()!.centre, zoom: tiles()!.zoom_min + 1 });
  const place = (point: { latitude: number; longitude: number }) => toScreen(point, view(), size());
  const grid = createMemo(() => gridOf(view(), size(), known()[0] ?? view()));
  const corners = () => props.points.map((point) => place(point)).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');

  onMount(() => {
    const observer = new ResizeObserver(() => drawing.clientWidth > 0 && setSize({ width: drawing.clientWidth, height: drawing.clientHeight }));
    observer.observe(drawing);
    onCleanup(() => observer.disconnect());
  });

  // Fingers on the map, where each is now.
  const fingers: Record<number, Spot> = {};
  let began: Spot | null = null; // of one finger that has not moved the map yet
  const spotOf = (event: PointerEvent): Spot => {
    const box = drawing.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const down = (event: PointerEvent) => {
    drawing.setPointerCapture(event.pointerId);
    fingers[event.pointerId] = spotOf(event);
    began = Object.keys(fingers).length === 1 ? spotOf(event) : null;
  };
  const move = (event: PointerEvent) => {
    const before = fingers[event.pointerId];
    if (!before) return;
    const now = spotOf(event);
    if (began && Math.hypot(now.x - began.x, now.y - began.y) <= TAP_PIXELS_MAX) return;
    began = null;
    const other = Object.entries(fingers).find(([id]) => Number(id) !== event.pointerId)?.[1];
    let next = moved(view(), { x: (now.x - before.x) / (other ? 2 : 1), y: (now.y - before.y) / (other ? 2 : 1) }, size());
    if (other) next = zoomed(next, Math.log2(Math.max(1, distance(now, other)) / Math.max(1, distance(before, other))), size(), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    setChosen(next);
    fingers[event.pointerId] = now;
  };
  const up = (event: PointerEvent) => {
    if (!fingers[event.pointerId]) return;
    delete fingers[event.pointerId];
    if (began && event.type === 'pointerup' && props.onPlace) putAt(fromScreen(began, view(), size()));
    began = null;
  };
  // What one places points on must not move by itself; who walks out of it is followed.
  const putAt = (at: { latitude: number; longitude: number }) => {
    setChosen(view());
    props.onPlace?.(at);
  };
  createEffect(() => {
    const { here } = props;
    const spot = here && toScreen(here, untrack(view), untrack(size));
    if (spot && (spot.x < 0 || spot.y < 0 || spot.x > untrack(size).width || spot.y > untrack(size).height)) setChosen(null);
  });
  const turn = (event: WheelEvent) => {
    event.preventDefault();
    const box = drawing.getBoundingClientRect();
    setChosen(zoomed(view(), -event.deltaY / 300, size(), { x: event.clientX - box.left, y: event.clientY - box.top }));
  };
  const key = (event: KeyboardEvent) => {
    const by = ARROWS[event.key];
    if (by) {
      event.preventDefault();
      setChosen(moved(view(), by, size()));
    } else if (event.key === '+' || event.key === '-') setChosen(zoomed(view(), event.key === '+' ? 1 : -1, size()));
  };

  return (
    <div class="map">
      <svg
        ref={drawing}
        class="map__drawing"
        classList={{ 'map__drawing--placing': props.onPlace !== undefined }}
        role="img"
        tabindex="0"
        aria-label={props.label}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        on:wheel={{ handleEvent: turn, passive: false }}
        onKeyDown={key}
      >
        <Show when={tiles()} fallback={<Grid grid={grid()} size={size()} />}>
          {(given) => (
            <For each={tilesOf(view(), size(), given())}>
              {(tile) => (
                <image
                  href={given().url.replace('{z}', String(tile.z)).replace('{x}', String(tile.x)).replace('{y}', String(tile.y))}
                  x={tile.left}
                  y={tile.top}
                  width={tile.side + 0.5}
                  height={tile.side + 0.5}
                />
              )}
            </For>
          )}
        </Show>
        <Show when={props.here}>
          {(here) => (
            <>
              <circle class="map__around" cx={place(here()).x} cy={place(here()).y} r={Math.max(10, here().accuracy / metresPerPixel(view()))} />
              <circle class="map__here" cx={place(here()).x} cy={place(here()).y} r="8" />
            </>
          )}
        </Show>
        <Show when={props.figure !== 'point'}>
          <Show when={props.figure === 'shape'} fallback={<polyline class="map__line" points={corners()} />}>
            <polygon class="map__shape" points={corners()} />
          </Show>
        </Show>
        <For each={props.points}>
          {(point, index) => <circle class="map__point" classList={{ 'map__point--last': index() === props.points.length - 1 }} cx={place(point).x} cy={place(point).y} r={props.figure === 'point' ? 11 : 7} />}
        </For>
        <Show when={props.onPlace}>
          <path class="map__cross" d={`M${size().width / 2 - 18} ${size().height / 2}h36M${size().width / 2} ${size().height / 2 - 18}v36`} />
        </Show>
      </svg>
      <div class="map__buttons">
        <button type="button" class="map__button" aria-label={t('form.map.closer')} onClick={() => setChosen(zoomed(view(), 1, size()))}>
          <Plus size={26} />
        </button>
        <button type="button" class="map__button" aria-label={t('form.map.farther')} onClick={() => setChosen(zoomed(view(), -1, size()))}>
          <Minus size={26} />
        </button>
        <button type="button" class="map__button" aria-label={t('form.map.fit')} disabled={chosen() === null} onClick={() => setChosen(null)}>
          <Maximize size={24} />
        </button>
      </div>
      <Show when={!tiles()}>
        <p class="map__note soft">{t('form.map.no_tiles', { metres: lengthWords(grid().metres) })}</p>
      </Show>
      <Show when={props.onPlace}>
        <button type="button" class="button widget-button button--wide" onClick={() => putAt({ latitude: view().latitude, longitude: view().longitude })}>
          <Plus size={22} /> {t('form.map.place')}
        </button>
      </Show>
    </div>
  );
}

function Grid(props: { grid: { xs: number[]; ys: number[] }; size: Size }) {
  return (
    <g class="map__grid" aria-hidden="true">
      <For each={props.grid.xs}>{(x) => <line x1={x} x2={x} y1="0" y2={props.size.height} />}</For>
      <For each={props.grid.ys}>{(y) => <line x1="0" x2={props.size.width} y1={y} y2={y} />}</For>
    </g>
  );
}

function distance(one: Spot, other: Spot): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
