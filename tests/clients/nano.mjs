// Everyday calls of the official `nano` client: `node nano.mjs everyday '{"url":…,"database":…}'` prints what it found as one line of JSON.
import { createRequire } from 'node:module'

const nano = createRequire(import.meta.url)('nano')
const [, , scenario, text] = process.argv
const options = JSON.parse(text)
const couch = nano({ url: options.url, parseUrl: false })
const failed = (promise) => promise.then(() => 'went well', (error) => [error.statusCode, error.error])

const scenarios = {
  async everyday() {
    const created = await couch.db.create(options.database)
    const again = await failed(couch.db.create(options.database))
    const listed = (await couch.db.list()).includes(options.database)
    const db = couch.use(options.database)
    const first = await db.insert({ n: 1 }, 'doc')
    const conflict = await failed(db.insert({ n: 2 }, 'doc'))
    const second = await db.insert({ _id: 'doc', _rev: first.rev, n: 2 })
    const got = await db.get('doc', { revs_info: true })
    const old = await failed(db.get('doc', { rev: '9-x' }))
    const head = await db.head('doc')
    const bulk = await db.bulk({ docs: [{ _id: 'a' }, { _id: 'b' }, { _id: 'doc' }] })
    const all = await db.list({ include_docs: true, startkey: 'a', endkey: 'b' })
    const fetched = await db.fetch({ keys: ['a', 'none'] })
    const revs = await db.fetchRevs({ keys: ['a'] })
    const bulkGot = await couch.request({ db: options.database, path: '_bulk_get', method: 'post', body: { docs: [{ id: 'a' }] } })
    const changes = await db.changes({ since: 0, limit: 2 })
    const heard = []
    const followed = await db.changesReader.get({ since: '0', batchSize: 100, timeout: 500 }).on('batch', (rows) => heard.push(...rows.map((row) => row.id)))
    await new Promise((done) => followed.on('end', done))
    await db.attachment.insert('doc', 'a.txt', Buffer.from('hello'), 'text/plain', { rev: second.rev })
    const bytes = await db.attachment.get('doc', 'a.txt')
    const withAttachment = await db.get('doc', { attachments: true })
    await db.attachment.destroy('doc', 'a.txt', { rev: withAttachment._rev })
    await db.multipart.insert({ n: 5 }, [{ name: 'p.jpg', data: Buffer.from([0, 1, 2, 255]), content_type: 'image/jpeg' }, { name: 't.txt', data: 'text', content_type: 'text/plain' }], 'parts')
    const part = await db.attachment.get('parts', 'p.jpg')
    const parts = await db.multipart.get('parts').then((buffer) => buffer.includes('follows'), (error) => error.message)
    const removed = await db.destroy('b', (await db.get('b'))._rev)
    const gone = await failed(db.get('b'))
    const info = await db.info()
    const compacted = await couch.db.compact(options.database)
    const session = await couch.session()
    const cookie = nano({ url: options.bare, parseUrl: false })
    await cookie.auth(options.name, options.password)
    const signedIn = (await cookie.session()).userCtx.name
    const byCookie = await cookie.use(options.database).get('doc').then(({ n }) => n, (error) => error.statusCode)
    const uuid = (await couch.info()).uuid.length
    const destroyed = await couch.db.destroy(options.database)
    return {
      created: created.ok, again, listed, conflict, second: second.rev.slice(0, 2), n: got.n, known: got._revs_info.length, old, etag: head.etag === `"${second.rev}"`,
      bulk: bulk.map((row) => row.error ?? 'ok'), all: all.rows.map((row) => row.doc._id), fetched: fetched.rows.map((row) => row.error ?? row.doc._id), revs: revs.rows.length,
      bulk_got: bulkGot.results[0].docs[0].ok._id, changes: changes.results.length, heard: heard.sort(), bytes: bytes.toString(), data: withAttachment._attachments['a.txt'].data,
      part: [...part], parts, removed: removed.ok, gone, docs: info.doc_count, deleted: info.doc_del_count, compacted: compacted.ok, session: session.userCtx.roles, signed_in: signedIn === options.name, by_cookie: byCookie, uuid, destroyed: destroyed.ok,
    }
  },

  // One database copied into another by a program that follows the first: what nano's users write when they have no replicator.
  async followed() {
    const db = couch.use(options.database)
    const seen = []
    await new Promise((done, fail) => {
      const reader = db.changesReader.start({ since: '0', includeDocs: true, timeout: 2000 })
      reader.on('change', (row) => { seen.push(row.id); if (seen.length === 3) { db.changesReader.stop(); done() } })
      reader.on('error', fail)
      ;(async () => { for (const id of ['x', 'y', 'z']) await db.insert({}, id) })().catch(fail)
    })
    return { seen }
  },
}

try {
  const found = JSON.stringify(await scenarios[scenario]())
  process.stdout.write(`${found}\n`, () => process.exit(0))
} catch (error) {
  console.error(error)
  process.exit(1)
}
