// PouchDB's side of replication.py: `node replication.mjs '{"url":…,"token":…,…}'` reads one job a line from stdin and prints its milliseconds.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const require = createRequire(fileURLToPath(new URL('../server/pwa/package.json', import.meta.url)))
const plugin = (name) => { const found = require(name); return found.default ?? found }
const PouchDB = plugin('pouchdb-core')
for (const name of ['pouchdb-adapter-http', 'pouchdb-adapter-memory', 'pouchdb-replication']) PouchDB.plugin(plugin(name))

const { url, token, batch_size } = JSON.parse(process.argv[2])
const remote = (name) => new PouchDB(`${url}/${name}`, {
  fetch: (address, request) => { request.headers.set('Authorization', `Bearer ${token}`); return PouchDB.fetch(address, request) },
})
const locals = new Map()
function local(name) {
  if (!locals.has(name)) locals.set(name, new PouchDB(name, { adapter: 'memory' }))
  return locals.get(name)
}
const document = (n) => ({ _id: `submission:${String(n).padStart(8, '0')}`, type: 'submission', n, text: '住'.repeat(100) + 'x'.repeat(1100) })

const jobs = {
  fill: (name, count) => local(name).bulkDocs(Array.from({ length: count }, (_, n) => document(n))),
  push: (name) => local(name).replicate.to(remote(name), { batch_size }),
  pull: (name, into) => local(into).replicate.from(remote(name), { batch_size }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const [job, ...parts] = JSON.parse(line)
  const started = performance.now()
  const found = await jobs[job](...parts)
  console.log(JSON.stringify({ milliseconds: performance.now() - started, read: found.docs_read, written: found.docs_written }))
}
