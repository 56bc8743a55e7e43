// A phone with the official PouchDB in a browser page: a live two-way sync, and a person who writes. tests/end_to_end/test_pouchdb_in_chromium.py calls it.
const local = new PouchDB('phone')
const failures = []
let running

function remote(url, token) {
  return new PouchDB(url, {
    skip_setup: true,
    fetch: (address, request) => { request.headers.set('Authorization', `Bearer ${token}`); return PouchDB.fetch(address, request) },
  })
}

globalThis.startSync = (url, token) => {
  running = local.sync(remote(url, token), { live: true, retry: true, batch_size: 20, back_off_function: () => 200 })
    .on('denied', (each) => failures.push(String(each.doc?.message)))
    .on('error', (error) => failures.push(String(error.message)))
}

// Writes documents and photos for a while, and edits a document that the other phone edits too.
globalThis.write = async (who, documents, pause) => {
  for (let n = 0; n < documents; n++) {
    const photo = new Blob([new Uint8Array(5_000).fill(n)], { type: 'image/jpeg' })
    await local.put({ _id: `${who}-${n}`, n, name: '何伶俐', ...(n % 5 ? {} : { _attachments: { 'door/正门.jpg': { content_type: 'image/jpeg', data: photo } } }) })
    const both = await local.get('both').catch(() => ({ _id: 'both' }))
    await local.put({ ...both, by: who, n }).catch((error) => { if (error.status !== 409) throw error })
    if (n % 7 === 6) await local.remove(await local.get(`${who}-${n - 1}`))
    await new Promise((done) => setTimeout(done, pause))
  }
}

globalThis.leaves = async () => Object.fromEntries((await local.changes({ style: 'all_docs' })).results.map((row) => [row.id, row.changes.map(({ rev }) => rev).sort()]))
globalThis.stopSync = () => { running.cancel(); return failures }
globalThis.everything = () => contents(local)
