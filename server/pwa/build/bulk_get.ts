// PouchDB remembers a first failed _bulk_get for as long as the page lives, and then fetches one document a request.
// On a phone the first request often fails only because the signal does. This takes the memory out: the failure goes to
// the replication, which is tried again. The build fails when PouchDB's text has changed, so that this is looked at again.
import type { Plugin } from 'vite';

const REMEMBERS = `        if (err) {
          supportsBulkGetMap[dbUrl] = false;
          explainError(
            err.status,
            'PouchDB is just detecting if the remote ' +
            'supports the _bulk_get API.'
          );
          doBulkGetShim();
        } else {`;

const FORGETS = `        if (err) {
          callback(err);
        } else {`;

export function forgetFailedBulkGet(): Plugin {
  let seen = false;
  return {
    name: 'forget-failed-bulk-get',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('pouchdb-adapter-http')) return null;
      if (!code.includes(REMEMBERS)) this.error('pouchdb-adapter-http has changed where it remembers a failed _bulk_get: see build/bulk_get.ts');
      seen = true;
      return { code: code.replace(REMEMBERS, FORGETS), map: null };
    },
    buildEnd(error) {
      if (!error && !seen) this.error('pouchdb-adapter-http was not part of this build');
    },
  };
}
