// PouchDB remembers a first failed _bulk_get for as long as the page lives, and then fetches one document a request.
// On a phone the first request often fails only because the signal does. This takes the memory out: the failure goes to
// the replication, which is tried again. The build fails when PouchDB's text has changed, so that this is looked at again.
import type { Plugin } from 'vite';
import { corrected } from './corrected.ts';

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
  return corrected('forget-failed-bulk-get', 'pouchdb-adapter-http', 'remembers a failed _bulk_get', 'bulk_get.ts', [[REMEMBERS, FORGETS]]);
}
