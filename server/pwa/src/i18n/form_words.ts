// The words of forms, added when the form runner is loaded.
import en from './en.json?only=form';
import { addWords } from './index.ts';
import zh from './zh.json?only=form';

addWords({ zh, en });
