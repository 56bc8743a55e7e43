"""A light phone: over one connection it sends what the phone app's PouchDB sends, waits when the server says so, and counts what it gets back."""

from __future__ import annotations

import hashlib
import http.client
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

PATIENCE_SECONDS_MAX = 600.0
BATCH = 100  # documents of a pull, as PouchDB's default
PAUSE_SECONDS = (0.5, 1.5)  # before the second try after a connection broke
GONE = (ConnectionError, http.client.HTTPException, TimeoutError)


@dataclass
class Phone:
    """One phone with surveys to hand in. `milliseconds` are of every answered request, by kind; a feed that waits is told apart."""

    url: str
    refresh_token: str
    surveys: list[dict[str, Any]]
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    told_to_wait: int = 0
    broken: int = 0
    receipts: dict[str, str] = field(default_factory=dict)  # submission: status
    records: dict[str, list[str]] = field(default_factory=dict)  # record: the submissions that it names
    seconds: dict[str, float] = field(default_factory=dict)  # since the storm began: pushed, answered, done
    failure: BaseException | None = None

    def run(self, began: float) -> None:
        try:
            self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=120)
            session = self._refreshed()
            inbox, area = session["sync"]["inbox"], session["sync"]["areas"][0]
            self._push(inbox)
            self.seconds["pushed"] = time.perf_counter() - began
            mine = {survey["_id"] for survey in self.surveys}
            self._pull(inbox, self._take_receipt, lambda: self.receipts.keys() >= mine)
            self.seconds["answered"] = time.perf_counter() - began
            self._pull(area, self._take_record, lambda: {id for ids in self.records.values() for id in ids} >= mine)
            self.seconds["done"] = time.perf_counter() - began
            self._connection.close()
        except BaseException as error:
            self.failure = error

    # What PouchDB does

    def _refreshed(self) -> dict[str, Any]:
        session = self._ask("refresh", "POST", "/api/session/refresh", {"refresh_token": self.refresh_token, "app": "0.1.0"})
        self._token = session["access_token"]
        return session

    def _push(self, database: str) -> None:
        path = f"/sync/{database}"
        replication = hashlib.md5(f"push {database} {self.refresh_token}".encode(), usedforsecurity=False).hexdigest()
        self._ask("info", "GET", f"{path}/")
        self._ask("checkpoint", "GET", f"{path}/_local/{replication}", may_be_missing=True)
        missing = self._ask("_revs_diff", "POST", f"{path}/_revs_diff", {survey["_id"]: [survey["_rev"]] for survey in self.surveys})
        wanted = [survey for survey in self.surveys if survey["_id"] in missing]
        refused = self._ask("_bulk_docs", "POST", f"{path}/_bulk_docs", {"docs": wanted, "new_edits": False})
        assert refused == [], refused
        self._keep_checkpoint(path, replication, len(self.surveys))

    def _pull(self, database: str, take: Callable[[dict[str, Any]], None], is_enough: Callable[[], bool]) -> None:
        path = f"/sync/{database}"
        replication = hashlib.md5(f"pull {database} {self.refresh_token}".encode(), usedforsecurity=False).hexdigest()
        self._ask("info", "GET", f"{path}/")
        self._ask("checkpoint", "GET", f"{path}/_local/{replication}", may_be_missing=True)
        since = "0"
        while not is_enough():
            waits = "&feed=longpoll&heartbeat=10000" if since != "0" else ""
            query = f"style=all_docs&limit={BATCH}&since={quote(str(since))}{waits}"
            news = self._ask("waiting for news" if waits else "_changes", "GET", f"{path}/_changes?{query}")
            since = news["last_seq"]
            rows = [row for row in news["results"] if not row["id"].startswith("submission:")]  # those it has: it sent them
            if rows:
                docs = [{"id": row["id"], "rev": change["rev"]} for row in rows for change in row["changes"]]
                got = self._ask("_bulk_get", "POST", f"{path}/_bulk_get?revs=true&latest=true", {"docs": docs})
                for result in got["results"]:
                    for each in result["docs"]:
                        take(each["ok"])
            if news["results"]:
                self._keep_checkpoint(path, replication, since)

    def _keep_checkpoint(self, path: str, replication: str, since: Any) -> None:
        kept = self._ask("checkpoint", "GET", f"{path}/_local/{replication}", may_be_missing=True)
        revision = {"_rev": kept["_rev"]} if "_rev" in kept else {}
        self._ask("checkpoint", "PUT", f"{path}/_local/{replication}", {"last_seq": since, "session_id": replication, "version": 1, **revision})

    def _take_receipt(self, document: dict[str, Any]) -> None:
        if document["_id"].startswith("receipt:"):
            assert document["submission"] not in self.receipts, "a receipt came twice"
            self.receipts[document["submission"]] = document["status"]

    def _take_record(self, document: dict[str, Any]) -> None:
        self.records[document["_id"]] = [each["id"] for each in document.get("submissions", [])]

    # One request

    def _ask(self, kind: str, method: str, path: str, body: Any = None, may_be_missing: bool = False) -> Any:
        """The answer's JSON. A server that says "later" is asked later; a connection that breaks is made anew."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if path.startswith("/sync"):
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else orjson.dumps(body)
        until = time.perf_counter() + PATIENCE_SECONDS_MAX
        while time.perf_counter() < until:
            started = time.perf_counter()
            try:
                self._connection.request(method, path, data, headers)
                answer = self._connection.getresponse()
                text = answer.read()
            except GONE:
                self.broken += 1
                self._connection.close()
                time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 no secret
                continue
            if answer.status == 503:
                self.told_to_wait += 1
                time.sleep(float(answer.headers["Retry-After"]) * random.uniform(0.5, 1.0))  # noqa: S311
                continue
            self.milliseconds.setdefault(kind, []).append(1000 * (time.perf_counter() - started))
            if answer.status == 404 and may_be_missing:
                return {}
            assert answer.status < 300, (method, path, answer.status, text[:500])
            return orjson.loads(text)
        raise TimeoutError(f"{method} {path} was not answered within {PATIENCE_SECONDS_MAX} s")
