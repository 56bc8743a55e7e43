// Where the app starts.
import { render } from 'solid-js/web';
import { App } from './App.tsx';
import { writeStrictly } from './data/desk.ts';
import { keepUpToDate } from './updates.ts';
import './styles/base.css';
import './styles/screens.css';

const place = document.getElementById('app')!;
const tried = new RegExp(`^${import.meta.env.BASE_URL}try/([^/]+)$`).exec(location.pathname);
if (tried) {
  void import('./screens/Try.tsx').then(({ TryScreen }) => render(() => <TryScreen token={decodeURIComponent(tried[1]!)} />, place));
} else {
  writeStrictly();
  render(() => <App />, place);
  keepUpToDate();
}
