// A place in somebody else's package that is written otherwise in our build. The build fails when the package's text has changed, so that it is looked at again.
import type { Plugin } from 'vite';

/** `changes`: from → to, each a text that stands in the package; `about`: what is done there, for the message; `file`: whose comment says why. */
export function corrected(name: string, within: string, about: string, file: string, changes: ReadonlyArray<readonly [string, string]>): Plugin {
  let seen = false;
  return {
    name,
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes(within)) return null;
      if (!changes.every(([from]) => code.includes(from))) this.error(`${within} has changed where it ${about}: see build/${file}`);
      seen = true;
      return { code: changes.reduce((text, [from, to]) => text.replace(from, to), code), map: null };
    },
    buildEnd(error) {
      if (!error && !seen) this.error(`${within} was not part of this build`);
    },
  };
}
