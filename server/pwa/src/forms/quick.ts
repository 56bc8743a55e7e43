// The appearance `quick`: an answer goes on by itself, to the next question of the screen or to the next screen.
import { untrack } from 'solid-js';
import type { Filling } from './filling.ts';
import type { Question } from './items.ts';
import { askedOn } from './pages.ts';

// Long enough to see what was tapped.
const SEEN_MS = 200;

export function isQuick(question: Question): boolean {
  return question.appearance.has('quick') || question.appearance.has('quickcompact');
}

export function goOnAfter(question: Question, filling: Filling): void {
  setTimeout(() => {
    const page = untrack(filling.page);
    const asked = untrack(() => askedOn(page)).filter((other) => other.type !== 'note');
    const place = asked.indexOf(question);
    // The answer may have shown more questions, or a rule may be broken: then nobody is taken away from here.
    if (place < 0 || untrack(() => filling.violation(question) !== null || filling.refusal(question) !== null)) return;
    const next = asked[place + 1];
    if (!next) return filling.next();
    const card = document.getElementById(`question-${next.id}`);
    card?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    card?.querySelector<HTMLElement>('input, select, textarea, button')?.focus({ preventScroll: true });
  }, SEEN_MS);
}
