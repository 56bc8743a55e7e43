// Where the app starts.
import { render } from 'solid-js/web';
import { App } from './App.tsx';
import { writeStrictly } from './data/desk.ts';
import { keepUpToDate } from './updates.ts';
import './styles/base.css';
import './styles/screens.css';

writeStrictly();
render(() => <App />, document.getElementById('app')!);
keepUpToDate();
