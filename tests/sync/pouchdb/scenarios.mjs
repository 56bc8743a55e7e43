// PouchDB 9 in Node against a live server: `node scenarios.mjs NAME '{"url":…,"token":…,"database":…}'` prints what it found as one line of JSON.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(fileURLToPath(new URL('../../../server/pwa/package.json', import.meta.url)))
const plugin = (name) => { const found = require(name); return found.default ?? found }
const PouchDB = plugin('pouchdb-core')
for (const name of ['pouchdb-adapter-http', 'pouchdb-adapter-memory', 'pouchdb-replication']) PouchDB.plugin(plugin(name))

const [, , scenario, text] = process.argv
const options = JSON.parse(text)

function remote(name = options.database, token = options.token) {
  return new PouchDB(`${options.url}/${encodeURIComponent(name)}`, {
    fetch: (url, request) => { request.headers.set('Authorization', `Bearer ${token}`); return PouchDB.fetch(url, request) },
  })
}

let made = 0
const local = () => new PouchDB(`local-${made++}`, { adapter: 'memory' })

// Every leaf of every document, attachments included: what must be equal after replication.
async function contents(db) {
  const found = {}
  const { results } = await db.changes({ style: 'all_docs' })
  for (const row of results) {
    const leaves = await db.get(row.id, { open_revs: 'all', revs: true })
    const shown = []
    for (const { ok } of leaves) {
      const attachments = {}
      for (const [name, entry] of Object.entries(ok._attachments ?? {})) {
        const bytes = await db.getAttachment(row.id, name, { rev: ok._rev })
        attachments[name] = [entry.content_type, entry.digest, bytes.toString('base64')]
      }
      shown.push({ ...ok, _attachments: attachments })
    }
    const winner = await db.get(row.id).then(({ _rev }) => _rev, () => null)
    found[row.id] = { winner, deleted: row.deleted ?? false, leaves: shown.sort((a, b) => (a._rev < b._rev ? -1 : 1)) }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const ODD_IDS = ['a/b', 'a+b', 'a b', '%', '50%25', '中文', 'é', 'a?b#c', '😀', 'submission:01JD3Z', 'x'.repeat(300)]
const photo = (n) => Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7 + n) % 256))

async function fill(db) {
  await db.bulkDocs(ODD_IDS.map((_id, n) => ({ _id, n, text: '何伶俐' })))
  const { rev } = await db.put({ _id: 'edited', n: 1 })
  await db.put({ _id: 'edited', _rev: rev, n: 2 })
  const gone = await db.put({ _id: 'gone', n: 1 })
  await db.remove('gone', gone.rev)
  await db.bulkDocs([
    { _id: 'conflict', n: 3, _rev: '3-z', _revisions: { start: 3, ids: ['z', 'b', 'a'] } },
    { _id: 'conflict', n: 2, _rev: '2-y', _revisions: { start: 2, ids: ['y', 'a'] } },
    { _id: 'conflict', _deleted: true, _rev: '2-x', _revisions: { start: 2, ids: ['x', 'a'] } },
    { _id: 'lost', _deleted: true, _rev: '2-b', _revisions: { start: 2, ids: ['b', 'a'] } },
    { _id: 'lost', n: 1, _rev: '1-other', _revisions: { start: 1, ids: ['other'] } },
  ], { new_edits: false })
  for (let n = 0; n < 3; n++) {
    const attached = await db.putAttachment(`photo-${n}`, 'door photo/正门.jpg', photo(n), 'image/jpeg')
    await db.putAttachment(`photo-${n}`, 'empty.txt', attached.rev, Buffer.alloc(0), 'text/plain')
  }
}

const scenarios = {
  // Everything awkward, from one client through the server to another
  async round_trip() {
    const first = local()
    await fill(first)
    const pushed = await first.replicate.to(remote(), { batch_size: 7 })
    const again = await first.replicate.to(remote())
    const second = local()
    const pulled = await second.replicate.from(remote(), { batch_size: 5 })
    const pulledAgain = await second.replicate.from(remote())
    return {
      pushed: pushed.docs_written, again: again.docs_written, pulled: pulled.docs_written, pulled_again: pulledAgain.docs_read, failures: pushed.doc_write_failures + pulled.doc_write_failures,
      first: await contents(first), second: await contents(second), server: await contents(remote()),
    }
  },

  // Three clients edit the same documents without seeing each other, then all sync
  async convergence() {
    const clients = [local(), local(), local()]
    const ids = Array.from({ length: 20 }, (_, n) => `shared-${n}`)
    await clients[0].bulkDocs(ids.map((_id) => ({ _id, from: 'start' })))
    for (const client of clients) await client.sync(remote())
    for (const [who, client] of clients.entries()) {
      for (const [n, id] of ids.entries()) {
        for (let edits = 0; edits <= (n + who) % 3; edits++) {
          const doc = await client.get(id)
          if ((n + who) % 5 === 4) await client.remove(doc).catch(() => 0)
          else await client.put({ ...doc, from: who, edits })
          if ((n + who) % 5 === 4) break
        }
      }
    }
    for (let round = 0; round < 2; round++) for (const client of clients) await client.sync(remote())
    return { clients: await Promise.all(clients.map(contents)), server: await contents(remote()) }
  },

  // A live replication hears of each change; how long it took
  async live() {
    const writer = local(), reader = local()
    const to = writer.replicate.to(remote(), { live: true, retry: true })
    const from = reader.replicate.from(remote(), { live: true, retry: true })
    await new Promise((done) => setTimeout(done, 1000))
    const milliseconds = []
    for (let n = 0; n < 5; n++) {
      const started = Date.now()
      const heard = new Promise((done) => {
        const feed = reader.changes({ since: 'now', live: true }).on('change', () => { feed.cancel(); done() })
      })
      await writer.put({ _id: `live-${n}` })
      await heard
      milliseconds.push(Date.now() - started)
    }
    to.cancel(); from.cancel()
    return { milliseconds }
  },

  // A live two-way sync goes on through whatever happens to the server; prints a line when it is ready for it, ends when all is there
  async through_restart() {
    const client = local()
    const sync = client.sync(remote(), { live: true, retry: true, back_off_function: () => 200 })
    await client.put({ _id: 'before' })
    await new Promise((done) => setTimeout(done, 1000))
    console.log('ready')
    for (let n = 0; n < 20; n++) {
      await client.put({ _id: `during-${n}` })
      await new Promise((done) => setTimeout(done, 100))
    }
    const until = Date.now() + 60_000
    let found = 0
    while (Date.now() < until && found < 21) {
      await new Promise((done) => setTimeout(done, 200))
      found = await remote().allDocs().then(({ rows }) => rows.length).catch(() => 0)
    }
    sync.cancel()
    return { found }
  },

  // The server's folder is put back from a copy, and grows past where this client has read before it asks again
  async through_restore() {
    const client = local()
    const told = async (what) => {
      console.log(what)
      for (const until = Date.now() + 60_000; !existsSync(`${options.signals}/${what}`) && Date.now() < until;) await new Promise((done) => setTimeout(done, 50))
    }
    const both = async () => { await client.replicate.to(remote()); return client.replicate.from(remote()) }
    await client.put({ _id: 'before' })
    await both()
    await told('to be copied')
    await client.bulkDocs(Array.from({ length: 5 }, (_, n) => ({ _id: `handed-in-later-${n}` })))
    await both()
    await told('to be put back')
    await both()
    return { client: Object.keys(await contents(client)), server: Object.keys(await contents(remote())) }
  },

  // A database that this client may only read: the pull keeps its checkpoint, a push is denied and says so
  async read_only() {
    const client = local()
    const pulled = await client.replicate.from(remote())
    const again = await client.replicate.from(remote())
    await client.put({ _id: 'mine' })
    const denied = []
    const error = await client.replicate.to(remote()).on('denied', (each) => denied.push(each.doc.name)).then(() => null, (failure) => failure.name)
    return { pulled: pulled.docs_read, again: again.docs_read, denied, error }
  },

  // What the app is told when it may not, or when there is nothing
  async refused() {
    const told = async (db) => db.info().then(() => 'let in', (error) => [error.status, error.name])
    return { stranger: await told(remote(options.database, options.stranger)), forged: await told(remote(options.database, 'a.b.c')), absent: await told(remote('area-none')) }
  },

  // Everyday calls straight at the server
  async everyday() { // ids beyond those that post() makes, which are hexadecimal
    const db = remote()
    const { rev } = await db.put({ _id: 'x', n: 1 })
    const conflict = await db.put({ _id: 'x', n: 2 }).catch((error) => [error.status, error.name])
    await db.put({ _id: 'x', _rev: rev, n: 2 })
    const posted = await db.post({ n: 3 })
    const bulk = await db.bulkDocs([{ _id: 'y' }, { _id: 'x' }])
    const all = await db.allDocs({ include_docs: true, startkey: 'x', endkey: 'y' })
    const keys = await db.allDocs({ keys: ['y', 'none'] })
    const got = await db.bulkGet({ docs: [{ id: 'x' }] })
    const changes = await db.changes({ since: 0, limit: 2, include_docs: true })
    const byIds = await db.changes({ doc_ids: ['y'] })
    await db.remove(await db.get('y'))
    const missing = await db.get('y').catch((error) => [error.status, error.reason])
    const attached = await db.putAttachment('z', 'x.txt', Buffer.from('hello'), 'text/plain')
    const bytes = await db.getAttachment('z', 'x.txt')
    await db.removeAttachment('z', 'x.txt', attached.rev)
    const info = await db.info()
    await db.compact().catch(() => 0)
    return { conflict, posted: posted.ok, bulk: bulk.map((row) => row.error ?? 'ok'), all: all.rows.map((row) => row.doc.n ?? null), keys: keys.rows.map((row) => row.error ?? row.id),
      got: got.results[0].docs[0].ok.n, changes: changes.results.length, by_ids: byIds.results.map((row) => row.id), missing, bytes: bytes.toString(), docs: info.doc_count }
  },
}

try {
  const found = JSON.stringify(await scenarios[scenario]())
  process.stdout.write(`${found}\n`, () => process.exit(0))
} catch (error) {
  console.error(error)
  process.exit(1)
}
