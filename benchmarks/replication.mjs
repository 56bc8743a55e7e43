// PouchDB's side of replication.py and empty_sync.py: `node replication.mjs '{"doorstep": {"url": …, "headers": {…}}, …}'`
// reads one job a line from stdin and prints its milliseconds.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const require = createRequire(fileURLToPath(new URL('../server/pwa/package.json', import.meta.url)))
const plugin = (name) => { const found = require(name); return found.default ?? found }
const PouchDB = plugin('pouchdb-core')
for (const name of ['pouchdb-adapter-http', 'pouchdb-adapter-memory', 'pouchdb-replication']) PouchDB.plugin(plugin(name))

const servers = JSON.parse(process.argv[2])
const remote = (server, name) => new PouchDB(`${servers[server].url}/${name}`, {
  fetch: (address, request) => {
    for (const [header, value] of Object.entries(servers[server].headers)) request.headers.set(header, value)
    return PouchDB.fetch(address, request)
  },
})
const locals = new Map()
function local(name) {
  if (!locals.has(name)) locals.set(name, new PouchDB(name, { adapter: 'memory' }))
  return locals.get(name)
}
const document = (n) => ({ _id: `submission:${String(n).padStart(8, '0')}`, type: 'submission', n, text: '住'.repeat(100) + 'x'.repeat(1100) })

const jobs = {
  fill: (name, count) => local(name).bulkDocs(Array.from({ length: count }, (_, n) => document(n))),
  push: (name, server, into, batch_size) => local(name).replicate.to(remote(server, into), { batch_size }),
  pull: (name, server, from, batch_size) => local(name).replicate.from(remote(server, from), { batch_size }),
  sync: (name, server, there) => local(name).sync(remote(server, there)),
  forget: async (name) => { await local(name).destroy(); locals.delete(name) },
}

for await (const line of createInterface({ input: process.stdin })) {
  const [job, ...parts] = JSON.parse(line)
  const started = performance.now()
  const found = await jobs[job](...parts)
  const milliseconds = performance.now() - started
  console.log(JSON.stringify({ milliseconds, read: found?.docs_read, written: found?.docs_written }))
}
