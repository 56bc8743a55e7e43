// A phone without any room left. PouchDB writes a few bytes each time it opens a database (how many documents it holds, whether blobs can be kept); where that was
// refused, the whole app stayed shut, the doors and what is unsent included. A database that has been opened before is whole without it. And any write that was
// refused for want of room ended the database for as long as the page lived: whoever made room and saved again was told once more that there is none.
// The build fails when PouchDB's text has changed, so that this is looked at again.
import type { Plugin } from 'vite';
import { corrected } from './corrected.ts';

const FINDS_ID = `        instanceId = metaDoc[instanceKey];
      } else {`;
const REMEMBERS_ID = `        instanceId = metaDoc[instanceKey];
        openedBefore = true;
      } else {`;

const ENDS = `    idb.onabort = function (e) {
`;
const GOES_ON = `    idb.onabort = function (e) {
      if (e.target.error && e.target.error.name === 'QuotaExceededError') return;
`;

const FAILS = `    txn.onabort = idbError(callback);
  };

  req.onerror`;
const OPENS = `    var openedBefore = false;
    txn.onabort = function (e) {
      if (!openedBefore) return idbError(callback)(e);
      storedMetaDoc = true;
      completeSetup();
    };
  };

  req.onerror`;

export function opensOnFullDisk(): Plugin {
  return corrected('opens-on-full-disk', 'pouchdb-adapter-idb', 'opens a database', 'full_disk.ts', [[FINDS_ID, REMEMBERS_ID], [ENDS, GOES_ON], [FAILS, OPENS]]);
}
