// What is in a PouchDB, as tests/clients/leaves.py has it: every document, every leaf, attachments as type and base64. For Node and browsers.
globalThis.contents = async function (db) {
  const found = {}
  const { results } = await db.changes({ style: 'all_docs' })
  for (let start = 0; start < results.length; start += 500) {
    const page = results.slice(start, start + 500)
    const { rows } = await db.allDocs({ keys: page.map((row) => row.id) })
    for (const row of rows) found[row.id] = { winner: row.value.rev, deleted: row.value.deleted ?? false, leaves: {} }
    const docs = page.flatMap((row) => row.changes.map(({ rev }) => ({ id: row.id, rev })))
    const got = await db.bulkGet({ docs, revs: true, attachments: true })
    for (const result of got.results) for (const { ok } of result.docs) {
      const { _attachments = {}, ...leaf } = ok
      leaf._attachments = Object.fromEntries(Object.entries(_attachments).map(([name, entry]) => [name, [entry.content_type, entry.data]]))
      found[result.id].leaves[ok._rev] = leaf
    }
  }
  return found
}
