// The official `pouchdb` package in Node: `node pouchdb.mjs SCENARIO '{"url":…}'` prints what it found as one line of JSON.
import { createRequire } from 'node:module'
import { writeFileSync } from 'node:fs'
import './contents.js'

const require = createRequire(import.meta.url)
const PouchDB = require('pouchdb')
PouchDB.plugin(require('pouchdb-adapter-memory'))

const [, , scenario, text] = process.argv
const options = JSON.parse(text)
const remote = () => new PouchDB(options.url, { skip_setup: true })
const local = (name) => options.folder
  ? new PouchDB(`${options.folder}/${name}`) // LevelDB, as the package has it
  : new PouchDB(name, { adapter: 'memory' })
const { contents } = globalThis
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

// One round of edits of these documents without a network; what becomes of each follows from its number and the client's.
async function edit(db, ids, change) {
  const { rows } = await db.allDocs({ keys: ids, include_docs: true })
  const docs = []
  for (const [n, row] of rows.entries()) {
    const doc = row.doc ?? { _id: row.key }
    const changed = change(n, doc, row.value?.deleted === true)
    if (changed) docs.push(changed)
  }
  for (const row of await db.bulkDocs(docs)) if (row.error) throw new Error(JSON.stringify(row))
}

// Of each document the winner and what is in conflict with it: a losing revision may be the last to arrive.
const leavesOf = async (db) => {
  const { rows } = await db.allDocs({ include_docs: true, conflicts: true })
  return rows.map(({ value, doc }) => [value.rev, ...(doc._conflicts ?? []).toSorted()].join('+')).join()
}

const photo = (seed, length) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed) % 256)).toString('base64')
const plan = (n, who) => n % 17 === 0 ? 4 : (n * 7 + who * 3 + (n % 13)) % 10 // every 17th is deleted by all three

const scenarios = {
  // Three clients edit the same documents without seeing each other: edits, deletions, resurrections, attachments. Then all sync, twice.
  async converge() {
    const clients = ['one', 'two', 'three'].map(local)
    const ids = Array.from({ length: options.documents }, (_, n) => `shared-${String(n).padStart(5, '0')}`)
    await clients[0].bulkDocs(ids.map((_id, n) => ({ _id, from: 'start', n, text: '何伶俐'.repeat(20) })))
    const sync = (client) => client.sync(remote(), { batch_size: 250 })
    for (const client of clients) await sync(client)
    for (const [who, client] of clients.entries()) {
      await edit(client, ids, (n, doc) => {
        const what = plan(n, who)
        if (what <= 3 || what === 5) return { ...doc, from: who, edits: 1 }
        if (what === 4 || what === 6) return { _id: doc._id, _rev: doc._rev, _deleted: true, by: who }
        if (what === 7) return { ...doc, from: who, _attachments: { [`photo-${who}.jpg`]: { content_type: 'image/jpeg', data: photo(n + who, 300) } } }
        if (what === 8) return { ...doc, from: who, _attachments: { 'door.jpg': { content_type: 'image/jpeg', data: photo(n * 3 + who, 200) } } }
      })
      await edit(client, ids, (n, doc, deleted) => {
        const what = plan(n, who)
        if (what === 1 || what === 2) return { ...doc, edits: 2 }
        if (what === 5) return { _id: doc._id, _rev: doc._rev, _deleted: true }
        if (what === 6 && deleted) return { _id: ids[n], from: who, back: true }
        if (what === 8) return { ...doc, edits: 2 } // keeps the photo as a stub
      })
      await edit(client, ids, (n, doc) => plan(n, who) === 2 && { ...doc, edits: 3 })
      await client.bulkDocs(Array.from({ length: options.documents / 100 }, (_, n) => ({ _id: `made-by-all-${n}`, from: who })))
    }
    for (let round = 0; round < 2; round++) for (const client of clients) await sync(client)
    // The second client settles some conflicts: it extends the winner and deletes the others.
    const { rows } = await clients[1].allDocs({ conflicts: true, include_docs: true })
    const settled = rows.filter(({ doc }, n) => doc._conflicts && n % 3 === 0)
    await clients[1].bulkDocs(settled.flatMap(({ doc: { _conflicts, ...doc } }) => [{ ...doc, settled: true }, ..._conflicts.map((_rev) => ({ _id: doc._id, _rev, _deleted: true }))]))
    for (let round = 0; round < 2; round++) for (const client of clients) await sync(client)
    const files = []
    for (const [n, client] of clients.entries()) {
      files.push(`${options.results}/client-${n}.json`)
      writeFileSync(files[n], JSON.stringify(await contents(client)))
    }
    const again = await sync(clients[2])
    return { files, settled: settled.length, sent_again: again.push.docs_read + again.pull.docs_read }
  },

  // A phone fetches the forms: what it has of one of them, with the bytes of its files, and how often it asked for a file.
  async pull() {
    const asked = []
    const counted = (url, how) => {
      asked.push(String(url))
      return PouchDB.fetch(url, how)
    }
    const forms = local('forms')
    await forms.replicate.from(new PouchDB(options.url, { skip_setup: true, fetch: counted }))
    const { _attachments = {}, ...doc } = await forms.get(options.id, { attachments: true })
    return { doc, files: Object.fromEntries(Object.entries(_attachments).map(([name, { data }]) => [name, data])), asked: asked.filter((url) => url.includes('.csv')).length }
  },

  // Two phones in live two-way sync, each writing; the server is restarted by the test meanwhile. Ends when both have all and nothing is on its way.
  async live() {
    const clients = ['left', 'right'].map(local)
    const failures = []
    const running = clients.map((client) => client.sync(remote(), { live: true, retry: true, batch_size: 20, back_off_function: () => 100 })
      .on('denied', (each) => failures.push(['denied', each.doc?.message])).on('error', (error) => failures.push(['error', error.message])))
    console.log('ready')
    for (let n = 0; n < options.documents; n++) {
      for (const [who, client] of clients.entries()) {
        await client.put({ _id: `${who}-${n}`, n, _attachments: n % 5 ? undefined : { 'a.jpg': { content_type: 'image/jpeg', data: photo(n + who, 5_000) } } })
        const both = await client.get('both').catch(() => ({ _id: 'both' }))
        await client.put({ ...both, by: who, n }).catch((error) => { if (error.status !== 409) throw error })
      }
      await sleep(options.pause)
    }
    const until = Date.now() + options.seconds * 1000
    let counts = []
    while (Date.now() < until) {
      counts = await Promise.all([...clients, remote()].map((db) => leavesOf(db).catch(() => Math.random())))
      if (counts[0] === counts[2] && counts[1] === counts[2] && counts[2].split(',').length === 2 * options.documents + 1) break
      await sleep(200)
    }
    for (const each of running) each.cancel()
    await sleep(200)
    const found = await Promise.all(clients.map(contents))
    return { failures, clients: found }
  },
}

try {
  const found = JSON.stringify(await scenarios[scenario]())
  process.stdout.write(`${found}\n`, () => process.exit(0))
} catch (error) {
  console.error(error)
  process.exit(1)
}
