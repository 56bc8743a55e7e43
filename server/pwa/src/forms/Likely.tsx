// Room for the people whom a name may mean (LikelyPeople.tsx): they come with the tables of sounds, in a chunk of their own, once a form that names people is open.
import { ErrorBoundary, lazy, Suspense } from 'solid-js';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';

const LikelyPeople = lazy(() => import('./LikelyPeople.tsx'));

/** Whatever goes wrong in it, a file that did not come for one, the name is typed as ever. */
export function Likely(props: { question: Question; filling: Filling }) {
  return (
    <ErrorBoundary
      fallback={(error) => {
        console.error(error);
        return null;
      }}
    >
      <Suspense>
        <LikelyPeople question={props.question} filling={props.filling} />
      </Suspense>
    </ErrorBoundary>
  );
}
