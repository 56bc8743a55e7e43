// What the screens use of the form runner.
export { FormScreen } from './FormScreen.tsx';
export { warmUp } from './open.ts';
