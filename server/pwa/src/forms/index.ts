// What the screens use of the form runner.
import '../i18n/form_words.ts';

export { FormScreen } from './FormScreen.tsx';
export { warmUp } from './open.ts';
