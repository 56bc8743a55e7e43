"""From a request to its handler: the table of all routes, with what each one needs, and how a CouchDB path is taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from flask import Blueprint, Flask, Request, Response, request

from server.access import identify
from server.sync_api import attachments, bulk, changes, databases, db_updates, documents, lists, local, session
from server.sync_api.answers import answer, error_answer
from server.sync_api.asked import Asked, NotImplementedHere
from server.sync_api.permission import Need, may, refuse
from sync.engine.errors import BadDocument, DatabaseMissing, DocumentMissing, EngineError
from sync.engine.wire import DESIGN, LOCAL

MOUNT = "sync"
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "COPY"]


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of request. GET answers HEAD too."""

    method: str
    path: str
    need: Need
    handler: Callable[[Asked], Response]


ROUTES = [
    Route("GET", "/", Need.NOTHING, databases.welcome),
    Route("GET", "/_up", Need.NOTHING, databases.up),
    Route("GET", "/_session", Need.NOTHING, session.get),
    Route("POST", "/_session", Need.NOTHING, session.post),
    Route("DELETE", "/_session", Need.NOTHING, session.delete),
    Route("GET", "/_uuids", Need.NOTHING, databases.uuids),
    Route("GET", "/_all_dbs", Need.OPERATOR, databases.names),
    Route("GET", "/_db_updates", Need.OPERATOR, db_updates.feed),
    Route("GET", "/_dbs_info", Need.OPERATOR, databases.infos),
    Route("POST", "/_dbs_info", Need.OPERATOR, databases.infos),
    Route("GET", "/{db}", Need.READ, databases.info),
    Route("PUT", "/{db}", Need.NOTHING, databases.create),  # decides for itself: PouchDB asks it of every database
    Route("DELETE", "/{db}", Need.OPERATOR, databases.delete),
    Route("POST", "/{db}", Need.WRITE, documents.post),
    Route("GET", "/{db}/_security", Need.READ, databases.security),
    Route("PUT", "/{db}/_security", Need.OPERATOR, databases.put_security),
    Route("GET", "/{db}/_revs_limit", Need.READ, databases.revisions_kept),
    Route("PUT", "/{db}/_revs_limit", Need.OPERATOR, databases.put_revisions_kept),
    Route("POST", "/{db}/_ensure_full_commit", Need.READ, databases.ensure_full_commit),
    Route("POST", "/{db}/_compact", Need.OPERATOR, databases.compact),
    Route("POST", "/{db}/_view_cleanup", Need.OPERATOR, databases.view_cleanup),
    Route("POST", "/{db}/_purge", Need.OPERATOR, databases.purge),
    Route("GET", "/{db}/_purged_infos", Need.OPERATOR, databases.purges),
    Route("GET", "/{db}/_purged_infos_limit", Need.OPERATOR, databases.purges_kept),
    Route("PUT", "/{db}/_purged_infos_limit", Need.OPERATOR, databases.put_purges_kept),
    Route("GET", "/{db}/_changes", Need.READ, changes.feed),
    Route("POST", "/{db}/_changes", Need.READ, changes.feed),
    Route("GET", "/{db}/_all_docs", Need.READ, lists.all_docs),
    Route("POST", "/{db}/_all_docs", Need.READ, lists.all_docs),
    Route("GET", "/{db}/_design_docs", Need.READ, lists.design_docs),
    Route("POST", "/{db}/_design_docs", Need.READ, lists.design_docs),
    Route("GET", "/{db}/_local_docs", Need.OPERATOR, lists.local_docs),  # in CouchDB every member may list everybody's checkpoints
    Route("POST", "/{db}/_local_docs", Need.OPERATOR, lists.local_docs),
    Route("POST", "/{db}/_bulk_docs", Need.WRITE, bulk.bulk_docs),
    Route("POST", "/{db}/_bulk_get", Need.READ, bulk.bulk_get),
    Route("POST", "/{db}/_revs_diff", Need.READ, bulk.revs_diff),
    Route("POST", "/{db}/_missing_revs", Need.READ, bulk.missing_revs),
    Route("GET", "/{db}/_local/{id}", Need.READ, local.get),
    Route("PUT", "/{db}/_local/{id}", Need.READ, local.put),
    Route("DELETE", "/{db}/_local/{id}", Need.READ, local.delete),
    Route("GET", "/{db}/{id}", Need.READ, documents.get),
    Route("PUT", "/{db}/{id}", Need.WRITE, documents.put),
    Route("DELETE", "/{db}/{id}", Need.WRITE, documents.delete),
    Route("COPY", "/{db}/{id}", Need.WRITE, documents.copy),
    Route("GET", "/{db}/{id}/{attachment}", Need.READ, attachments.get),
    Route("PUT", "/{db}/{id}/{attachment}", Need.WRITE, attachments.put),
    Route("DELETE", "/{db}/{id}/{attachment}", Need.WRITE, attachments.delete),
]
# What CouchDB has and this engine has not, with what to use instead
ABSENT = {
    "_find": "There are no Mango queries here: follow _changes and query your own copy.",
    "_index": "There are no Mango indexes here: follow _changes and query your own copy.",
    "_explain": "There are no Mango queries here: follow _changes and query your own copy.",
    "_temp_view": "There is no JavaScript on this server: follow _changes and query your own copy.",
    "_shards": "There are no shards here: a database is one file.",
    "_sync_shards": "There are no shards here: a database is one file.",
    "_auto_purge": "Nothing is purged by itself here: ask _purge.",
    "_time_seq": "Times of sequences are not kept here.",
}
ABSENT_BELOW = {
    "_all_docs": "Ask each of the queries by itself.",
    "_design_docs": "Ask each of the queries by itself.",
    "_local_docs": "Ask each of the queries by itself.",
    "_compact": "There are no views to compact here.",
}
SERVER_ABSENT = {
    "_replicate": "This server replicates nothing by itself: let a client do it (PouchDB, a CouchDB's _replicator), with this as its source or target.",
    "_scheduler": "This server replicates nothing by itself: ask the client that does, a CouchDB's _scheduler for example.",
    "_active_tasks": "Long tasks are not listed here: compact_running in a database's info says whether it is compacted.",
    "_node": "Settings are environment variables (README.md), figures are at /metrics.",
    "_search_analyze": "There is no text search here: query your own copy.",
    "_nouveau_analyze": "There is no text search here: query your own copy.",
    "_membership": "This is one server, no cluster.",
    "_cluster_setup": "This is one server, no cluster.",
    "_reshard": "There are no shards here: a database is one file.",
}
FUNCTIONS = {"_view", "_show", "_list", "_update", "_rewrite", "_info"}
BY_PATH: dict[str, dict[str, Route]] = {}
for _route in ROUTES:
    BY_PATH.setdefault(_route.path, {})[_route.method] = _route

blueprint = Blueprint("sync_api", __name__)


def register(app: Flask) -> None:
    """Put the API under /sync/."""
    app.register_blueprint(blueprint)


@blueprint.route(f"/{MOUNT}", methods=METHODS, defaults={"rest": ""}, strict_slashes=False, merge_slashes=False, provide_automatic_options=False)
@blueprint.route(f"/{MOUNT}/<path:rest>", methods=METHODS, strict_slashes=False, merge_slashes=False, provide_automatic_options=False)
def dispatch(rest: str) -> Response:
    """Answer any request under /sync/."""
    this = cast(Request, request._get_current_object())  # type: ignore[attr-defined]  # the feed outlives the proxy
    path, asked = _taken_apart(_segments(this, rest), Asked(this, identify(this)))
    methods = BY_PATH[path]
    route = methods.get("GET" if this.method == "HEAD" else this.method)
    if route is None:
        allowed = ",".join(sorted(methods | ({"HEAD": methods["GET"]} if "GET" in methods else {})))
        return answer({"error": "method_not_allowed", "reason": f"Only {allowed} allowed"}, 405, {"Allow": allowed})
    _check(asked, route)
    return session.renew(asked, route.handler(asked))


@blueprint.errorhandler(EngineError)
def of_engine(error: EngineError) -> Response:
    return error_answer(error)


def _check(asked: Asked, route: Route) -> None:
    """Who may not, is told so, and is not told whether a database exists: only admins ever see 404 for one."""
    if route.need is Need.NOTHING:
        return
    if not asked.database_name:
        refuse(asked.identity, route.need, Need.OPERATOR if asked.is_admin else Need.NOTHING)
        return
    try:
        entry = asked.database.entry
    except DatabaseMissing:
        refuse(asked.identity, route.need, Need.OPERATOR if asked.is_admin else Need.NOTHING)
        raise
    refuse(asked.identity, route.need, may(asked.identity, entry.security, entry.writers))


def _taken_apart(segments: list[str], asked: Asked) -> tuple[str, Asked]:
    """The route's path, and the request with the names in it. Raises BadDocument, NotImplementedHere."""
    match segments:
        case [] | [""]:
            return "/", asked
        case [name, *others] if name.startswith("_"):
            if f"/{name}" in BY_PATH and others in ([], [""]):
                return f"/{name}", asked
            if name in SERVER_ABSENT:
                raise NotImplementedHere(SERVER_ABSENT[name])
            raise DatabaseMissing(name)
        case [name] | [name, ""]:
            asked.database_name = name
            return "/{db}", asked
    asked.database_name, first, *others = segments
    if others and others[-1] == "" and first.startswith("_"):
        others.pop()
    if first in ("_local", "_design") and others:
        first, others = f"{first}/{others[0]}", others[1:]
    if first.startswith(LOCAL):
        asked.id = first
        if others:
            raise BadDocument("_local documents do not accept attachments.")
        return "/{db}/_local/{id}", asked
    if first.startswith("_") and not first.startswith(DESIGN):
        path = f"/{{db}}/{first}"
        if path in BY_PATH and not others:
            return path, asked
        absent = ABSENT.get(first) or ABSENT_BELOW.get(first)
        if absent:
            raise NotImplementedHere(absent)
        if asked.request.method in ("GET", "HEAD"):
            raise DocumentMissing("missing")
        raise BadDocument("Only reserved document ids may start with underscore.", "illegal_docid")
    asked.id = first
    if not others:
        return "/{db}/{id}", asked
    if first.startswith(DESIGN) and others[0] in FUNCTIONS:
        raise NotImplementedHere("There is no JavaScript on this server: follow _changes and query your own copy.")
    asked.attachment = "/".join(others)
    return "/{db}/{id}/{attachment}", asked


def _segments(request: Request, rest: str) -> list[str]:
    """The path below /sync/, cut at the slashes that were sent as slashes: `a%2Fb` is one segment. Raises BadDocument.

    WSGI's own path is decoded already and cannot tell them apart; servers hand over the raw one besides.
    """
    raw = urlsplit(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "").path
    start = f"{request.script_root}/{MOUNT}"
    below = raw[len(start) :] if raw.startswith(start) else raw[len(MOUNT) + 1 :] if raw.startswith(f"/{MOUNT}") else f"/{quote(rest)}"
    try:
        return [unquote(segment, errors="strict") for segment in below.split("/")[1:]]
    except UnicodeDecodeError:
        raise BadDocument("The path is not UTF-8") from None
