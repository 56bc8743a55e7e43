"""Apache CouchDB behind `sync.databases.Databases`: `sync.couchdb.databases.CouchDatabases`."""
