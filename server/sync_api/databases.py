"""The server and its databases: welcome, info, create, delete, security object, purging, compaction."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response

from server.sync_api.answers import answer
from server.sync_api.asked import Asked
from server.sync_api.lists import bound
from server.sync_api.permission import Need, may, refuse
from sync.engine import Engine
from sync.engine.database import Database
from sync.engine.errors import BadDocument, DatabaseMissing, EngineError
from sync.engine.wire import read_revision

API_VERSION = "3.3.0"  # of the CouchDB whose API this is
UUIDS_MAX = 1_000
DATABASES_ASKED_MAX = 100  # in one POST to _dbs_info, as in CouchDB

_log = logging.getLogger(__name__)


def welcome(asked: Asked) -> Response:
    return answer(
        {"couchdb": "Welcome", "version": API_VERSION, "uuid": asked.engine.uuid, "features": [], "vendor": {"name": "Doorstep", "engine": "embedded"}}
    )


def up(asked: Asked) -> Response:
    return answer({"status": "ok"})


def uuids(asked: Asked) -> Response:
    """Random ids for documents, as tools ask for them."""
    count = asked.whole("count")
    if count is not None and count > UUIDS_MAX:
        raise BadDocument(f"count must not exceed {UUIDS_MAX}")
    return answer({"uuids": [uuid.uuid4().hex for _ in range(1 if count is None else count)]}, headers={"Cache-Control": "no-store"})


def names(asked: Asked) -> Response:
    return answer(_names_between(asked))


def infos(asked: Asked) -> Response:
    """Info of many databases: those between two names, or, by POST, those named. One that is deleted meanwhile is left out."""
    if asked.request.method != "POST":
        found = [(name, _info_of(asked.engine, name)) for name in _names_between(asked)]
        return answer([{"key": name, "info": told} for name, told in found if told is not None])
    keys = asked.members().get("keys")
    if keys is None:
        raise BadDocument("`keys` member must exist.")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise BadDocument("`keys` member must be an array of strings.")
    if len(keys) > DATABASES_ASKED_MAX:
        raise BadDocument("too_many_keys")
    told = ((name, _info_of(asked.engine, name)) for name in keys)
    return answer([{"key": name, "error": "not_found"} if each is None else {"key": name, "info": each} for name, each in told])


def info(asked: Asked) -> Response:
    return answer(_told(asked.database))


def _info_of(engine: Engine, name: str) -> dict[str, Any] | None:
    try:
        return _told(engine.open(name))
    except DatabaseMissing:
        return None


def _told(database: Database) -> dict[str, Any]:
    counts = database.info()
    return {
        "db_name": database.name,
        "update_seq": database.sequence_text(counts.sequence),
        "purge_seq": database.sequence_text(counts.purge_sequence),
        "doc_count": counts.live,
        "doc_del_count": counts.deleted,
        "sizes": {"file": counts.bytes, "external": counts.bytes, "active": counts.bytes},
        "instance_start_time": str(database.entry.created_at),
        "compact_running": counts.compacting,
        "disk_format_version": 1,
        "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
        "props": {},
    }


def _names_between(asked: Asked) -> list[str]:
    """Names in the order of their bytes, within the bounds that the query gives."""
    (has_start, start), (has_end, end), (has_key, key) = asked.json("startkey", "start_key"), asked.json("endkey", "end_key"), asked.json("key")
    if has_key:
        start = end = key
        has_start = has_end = True
    start, end = bound(start), bound(end)
    names = asked.engine.names()
    if asked.flag("descending"):
        names.reverse()
        has_start, start, has_end, end, closed = has_end, end, has_start, start, asked.text("inclusive_end") != "false"
        names = [name for name in names if (not has_start or start < name or (closed and start == name)) and (not has_end or name <= end)]
    else:
        closed = asked.text("inclusive_end") != "false" or has_key
        names = [name for name in names if (not has_start or start <= name) and (not has_end or name < end or (closed and name == end))]
    skip, limit = asked.whole("skip") or 0, asked.whole("limit")
    return names[skip:][:limit]


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
    asked.must_say_json()
    return answer({"ok": True, "instance_start_time": str(asked.database.entry.created_at)}, 201)


def compact(asked: Asked) -> Response:
    """Begin a compaction; `compact_running` in the info says how long it lasts."""
    asked.must_say_json()
    run = asked.database.begin_compaction()
    if run is not None:
        threading.Thread(target=_quietly, args=(run, asked.database_name), name=f"compacting {asked.database_name}", daemon=True).start()
    return answer({"ok": True}, 202)


def _quietly(run: Callable[[], None], name: str) -> None:
    try:
        run()
    except EngineError as error:
        _log.warning("%s could not be compacted: %s", name, error.reason)


def view_cleanup(asked: Asked) -> Response:
    """There are no views: nothing is left to do."""
    return answer({"ok": True}, 202)


def purge(asked: Asked) -> Response:
    """Remove leaves as if they had never been: {id: [revision …]}."""
    wanted = {}
    for id, texts in asked.members().items():
        if not isinstance(texts, list):
            raise BadDocument("Revisions must be a JSON list.")
        wanted[id] = [read_revision(text) for text in texts]
    if len(wanted) > asked.limits.batch_documents_max or sum(map(len, wanted.values())) > asked.limits.compared_documents_max:
        raise BadDocument("Exceeded maximum number of revisions.")
    purged = asked.database.purge(wanted)
    return answer({"purge_seq": None, "purged": {id: [str(revision) for revision in removed] for id, removed in purged.items()}}, 201)


def purges(asked: Asked) -> Response:
    return answer({"purged_infos": [{"id": id, "revs": revisions} for id, revisions in asked.database.purges()]})


def purges_kept(asked: Asked) -> Response:
    return answer(asked.database.purges_kept())


def put_purges_kept(asked: Asked) -> Response:
    limit = asked.body(must_say_json=False)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 1_000_000:
        raise BadDocument("`purged_infos_limit` must be positive integer")
    asked.database.keep_purges(limit)
    return answer({"ok": True})
