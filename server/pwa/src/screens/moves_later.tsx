// What moved is rare: its screens are fetched where something has.
import { type JSX, lazy, Show, Suspense } from 'solid-js';
import type { MovedDocument } from '../data/documents.ts';
import { hasMoves, left } from '../data/records.ts';

const Notice = lazy(() => import('./Moves.tsx').then(({ MovesNotice }) => ({ default: MovesNotice })));
const Away = lazy(() => import('./Moves.tsx').then(({ MovedAway }) => ({ default: MovedAway })));
const Record = lazy(() => import('./Moves.tsx').then(({ MovedRecord }) => ({ default: MovedRecord })));

export function MovesNotice() {
  return <Show when={hasMoves()}><Suspense><Notice /></Suspense></Show>;
}

export function MovedAway(props: { query: string }) {
  return <Show when={left().size > 0}><Suspense><Away query={props.query} /></Suspense></Show>;
}

/** In the place of a record that has left, else what stands there otherwise. */
export function MovedOr(props: { id: string; children: JSX.Element }) {
  return <Show when={left().get(props.id)} fallback={props.children}>{(moved: () => MovedDocument) => <Suspense><Record moved={moved()} /></Suspense>}</Show>;
}
