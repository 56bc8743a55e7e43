"""The server and its databases: welcome, info, create, delete, security object."""

from __future__ import annotations

from flask import Response

from server.sync_api.answers import answer
from server.sync_api.asked import Asked
from server.sync_api.permission import Need, may, refuse
from sync.engine.errors import BadDocument, DatabaseMissing

API_VERSION = "3.3.0"  # of the CouchDB whose API this is


def welcome(asked: Asked) -> Response:
    return answer(
        {"couchdb": "Welcome", "version": API_VERSION, "uuid": asked.engine.uuid, "features": [], "vendor": {"name": "Doorstep", "engine": "embedded"}}
    )


def up(asked: Asked) -> Response:
    return answer({"status": "ok"})


def session(asked: Asked) -> Response:
    identity = asked.identity
    context = {"name": identity.name if identity else None, "roles": sorted(identity.roles) if identity else []}
    return answer({"ok": True, "userCtx": context, "info": {"authentication_handlers": ["jwt", "default"]}})


def names(asked: Asked) -> Response:
    return answer(asked.engine.names())


def info(asked: Asked) -> Response:
    database = asked.database
    counts = database.info()
    return answer(
        {
            "db_name": database.name,
            "update_seq": database.sequence_text(counts.sequence),
            "purge_seq": "0",
            "doc_count": counts.live,
            "doc_del_count": counts.deleted,
            "sizes": {"file": counts.bytes, "external": counts.bytes, "active": counts.bytes},
            "instance_start_time": str(database.entry.created_at),
            "compact_running": False,
            "disk_format_version": 1,
            "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
            "props": {},
        }
    )


def create(asked: Asked) -> Response:
    """The operator makes databases. To whoever may read it, an existing one says so, which PouchDB takes as success; all others are refused."""
    try:
        entry = asked.database.entry
    except DatabaseMissing:
        refuse(asked.identity, Need.READ, Need.OPERATOR if asked.is_admin else Need.NOTHING)
        if asked.engine.create(asked.database_name):
            return answer({"ok": True}, 201, {"Location": asked.request.base_url})
    else:
        refuse(asked.identity, Need.READ, may(asked.identity, entry.security, entry.writers))
    return answer({"error": "file_exists", "reason": "The database could not be created, the file already exists."}, 412)


def delete(asked: Asked) -> Response:
    if not asked.engine.delete(asked.database_name):
        raise DatabaseMissing(asked.database_name)
    return answer({"ok": True})


def security(asked: Asked) -> Response:
    return answer(asked.database.entry.security)


def put_security(asked: Asked) -> Response:
    asked.engine.set_security(asked.database_name, asked.members(must_say_json=False))
    return answer({"ok": True})


def revisions_kept(asked: Asked) -> Response:
    return answer(asked.database.revisions_kept())


def put_revisions_kept(asked: Asked) -> Response:
    limit = asked.body(must_say_json=False)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 1_000_000:
        raise BadDocument("`_revs_limit` must be a whole number from 1 to 1000000")
    asked.database.keep_revisions(limit)
    return answer({"ok": True})


def ensure_full_commit(asked: Asked) -> Response:
    """Every write is on disk before it is answered: nothing is left to do."""
    return answer({"ok": True, "instance_start_time": str(asked.database.entry.created_at)}, 201)


def compact(asked: Asked) -> Response:
    """Old bodies are dropped as they are replaced: nothing is left to do."""
    return answer({"ok": True}, 202)
