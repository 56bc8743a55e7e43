"""Eight clients that write at random to the web processes, and a ledger of what they were told: what a crash must not take away."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil
import requests

from server.settings import read_settings
from server.tokens import sign, signing_key

ROOT = Path(__file__).parent.parent.parent
START_SECONDS_MAX = 60
PHOTO_BYTES = (1, 700, 40_000, 600_000)
SHARED_IDS = 12  # documents that all clients edit, a round


class WebProcesses:
    """The web processes as `make run` starts them, all in one process group, over one folder."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.environment = {"DOORSTEP_DATA": str(folder), "DOORSTEP_SECRET": "a secret for tests that nobody else has", "DOORSTEP_PORT": str(port)}
        self.settings = read_settings(self.environment)
        self.url = f"http://127.0.0.1:{port}/sync"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "python:server.gunicorn_settings", "wsgi:app"]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self.environment}, start_new_session=True)
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                assert requests.get(f"{self.url}/_up", timeout=5).status_code == 200
                return
            except (requests.ConnectionError, requests.Timeout):
                assert self.process.poll() is None and time.monotonic() < until, "the server did not start"
                time.sleep(0.02)

    def kill_one(self, chance: Random) -> None:
        """One web process; the others go on, and gunicorn starts another."""
        assert self.process is not None
        if alive := psutil.Process(self.process.pid).children():
            chance.choice(alive).kill()

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def session(self) -> requests.Session:
        session = requests.Session()
        token = sign(signing_key(self.settings.secret), "w0042", ["worker"], 3600)
        session.headers["Authorization"] = f"Bearer {token}"
        return session


@dataclass
class Ledger:
    """What the server has said about one database: everything here must hold for ever."""

    revisions: dict[tuple[str, str], str] = field(default_factory=dict)  # (id, revision) acknowledged: the text in it
    batches: list[set[tuple[str, str]]] = field(default_factory=list)  # revisions of one _bulk_docs without an answer: all or none are there
    photos: dict[tuple[str, str], str] = field(default_factory=dict)  # (id, revision) acknowledged: MD5 of its photo
    checkpoints: dict[str, tuple[int, int]] = field(default_factory=dict)  # `_local` id: number and content acknowledged
    places: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)  # sequence: the document that was seen there, and its leaves
    feed: dict[str, int] = field(default_factory=dict)  # what a client knows that has followed from the start: each document's sequence
    since: str = "0"

    def acknowledge(self, id: str, revision: str, text: str) -> None:
        self.revisions[id, revision] = text


class Writer(threading.Thread):
    """A client that writes without pause until it is told to stop, or the server hangs up on it."""

    def __init__(self, server: WebProcesses, database: str, ledger: Ledger, seed: str, round: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url = f"{server.url}/{database}"
        self.session = server.session()
        self.ledger = ledger
        self.chance = Random(seed)
        self.mark = seed.replace(" ", "")
        self.round = round
        self.stop = stop
        self.count = 0
        self.known: dict[str, str] = {}  # id: a revision that this client may edit
        self.lines: dict[str, list[str]] = {}  # id: its own line of revision ids, oldest first
        self.checkpoint = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        acts = [self.replicate] * 4 + [self.edit] * 3 + [self.edit_many, self.delete, self.photo, self.photo, self.keep_checkpoint]
        try:
            while not self.stop.is_set():
                try:
                    self.chance.choice(acts)()
                except requests.RequestException:
                    time.sleep(0.01)  # killed under it: what was asked may have been done or not
        except BaseException as error:
            self.failure = error

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = self.session.request(method, f"{self.url}/{path}", timeout=30, **more)
        assert answer.status_code < 500, (method, path, answer.status_code, answer.text)
        return answer

    def text(self) -> str:
        self.count += 1
        return f"{self.mark}-{self.count}"

    def any_id(self) -> str:
        number = self.chance.randrange(SHARED_IDS)
        return f"{self.round}-shared-{number}" if self.chance.random() < 0.5 else f"{self.round}-{self.mark}-{self.chance.randrange(40)}"

    # What a client does

    def replicate(self) -> None:
        """Revisions made elsewhere, branching from what this client made before: conflicts, deletions and long histories."""
        documents, batch, lines = [], {}, {}
        for id in {self.any_id() for _ in range(self.chance.randint(1, 20))}:
            text = self.text()
            line = self.lines.get(id, [])
            line = line[: self.chance.randint(0, len(line))] if self.chance.random() < 0.3 else line
            lines[id] = line = [*line, hashlib.md5(text.encode()).hexdigest()]
            document: dict[str, Any] = {"_id": id, "_revisions": {"start": len(line), "ids": line[::-1]}, "text": text}
            if self.chance.random() < 0.15:
                document["_deleted"] = True
            elif self.chance.random() < 0.15:
                document["_attachments"] = {"photo": {"content_type": "image/jpeg", "data": base64.b64encode(self.bytes_of_photo()).decode()}}
            documents.append(document)
            batch[id, f"{len(line)}-{line[-1]}"] = text
        self.ledger.batches.append(set(batch))
        answer = self.send("POST", "_bulk_docs", json={"new_edits": False, "docs": documents})
        assert (answer.status_code, answer.json()) == (201, []), answer.text
        self.ledger.revisions.update(batch)
        self.lines |= lines  # what was never acknowledged is nobody's ancestor, so that it is there as a whole or not at all
        for document in documents:
            for photo in document.get("_attachments", {}).values():
                digest = base64.b64encode(hashlib.md5(base64.b64decode(photo["data"])).digest()).decode()
                self.ledger.photos[document["_id"], f"{document['_revisions']['start']}-{document['_revisions']['ids'][0]}"] = digest

    def edit(self) -> None:
        id, text = self.any_id(), self.text()
        answer = self.send("PUT", id, json={"text": text, **self.based_on(id)})
        if answer.status_code == 201:
            self.took(id, answer.json()["rev"], text)
        else:
            self.read(id)

    def edit_many(self) -> None:
        texts = {self.any_id(): self.text() for _ in range(8)}
        answer = self.send("POST", "_bulk_docs", json={"docs": [{"_id": id, "text": text, **self.based_on(id)} for id, text in texts.items()]})
        assert answer.status_code == 201, answer.text
        for row in answer.json():
            if "rev" in row:
                self.took(row["id"], row["rev"], texts[row["id"]])
            else:
                self.known.pop(row["id"], None)

    def delete(self) -> None:
        if self.known:
            id = self.chance.choice(list(self.known))
            answer = self.send("DELETE", id, params={"rev": self.known.pop(id)})
            if answer.status_code == 200:
                self.ledger.acknowledge(id, answer.json()["rev"], "")

    def photo(self) -> None:
        id, content = f"{self.round}-{self.mark}-photo{self.chance.randrange(5)}", self.bytes_of_photo()
        revision = {"rev": self.known[id]} if id in self.known else {}
        answer = self.send("PUT", f"{id}/photo", params=revision, data=content, headers={"Content-Type": "image/jpeg"})
        if answer.status_code == 201:
            self.known[id] = answer.json()["rev"]
            self.ledger.photos[id, self.known[id]] = base64.b64encode(hashlib.md5(content).digest()).decode()
        else:
            self.read(id)

    def keep_checkpoint(self) -> None:
        id = f"_local/{self.mark}"
        self.checkpoint += 1
        kept = self.ledger.checkpoints.get(id)
        answer = self.send("PUT", id, json={"content": self.checkpoint, **({"_rev": f"0-{kept[0]}"} if kept else {})})
        if answer.status_code == 201:
            self.ledger.checkpoints[id] = int(answer.json()["rev"][2:]), self.checkpoint
        else:  # one that was done, though its answer never came
            read = self.send("GET", id).json()
            self.ledger.checkpoints[id] = int(read["_rev"][2:]), read["content"]

    def read(self, id: str) -> None:
        answer = self.send("GET", id)
        if answer.status_code == 200:
            self.known[id] = answer.json()["_rev"]
        else:
            self.known.pop(id, None)

    def took(self, id: str, revision: str, text: str) -> None:
        self.known[id] = revision
        self.ledger.acknowledge(id, revision, text)

    def based_on(self, id: str) -> dict[str, str]:
        return {"_rev": self.known[id]} if id in self.known else {}

    def bytes_of_photo(self) -> bytes:
        return self.chance.randbytes(self.chance.choice(PHOTO_BYTES))


class Follower(threading.Thread):
    """A client that follows the feed and notes what it saw at which sequence."""

    def __init__(self, server: WebProcesses, database: str, ledger: Ledger, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url = f"{server.url}/{database}/_changes"
        self.session = server.session()
        self.ledger = ledger
        self.stop = stop
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                try:
                    follow(self.session, self.url, self.ledger, feed="longpoll", timeout=200)
                except requests.RequestException:
                    time.sleep(0.01)
        except BaseException as error:
            self.failure = error


def follow(session: requests.Session, url: str, ledger: Ledger, **more: Any) -> int:
    """Read on from where the ledger's client is; how many rows came."""
    answer = session.get(url, params={"style": "all_docs", "limit": 200, "since": ledger.since, **more}, timeout=30)
    assert answer.status_code == 200, answer.text
    news = answer.json()
    for row in news["results"]:
        sequence = number(row["seq"])
        seen = row["id"], tuple(change["rev"] for change in row["changes"])
        assert ledger.places.setdefault(sequence, seen) == seen, f"sequence {sequence} stood for {ledger.places[sequence]}, now for {seen}"
        assert sequence > ledger.feed.get(row["id"], 0), f"{row['id']} went back from {ledger.feed[row['id']]} to {sequence}"
        ledger.feed[row["id"]] = sequence
    assert number(news["last_seq"]) >= number(ledger.since), "the feed went back"
    ledger.since = news["last_seq"]
    return len(news["results"])


def number(sequence: str) -> int:
    return int(str(sequence).partition("-")[0])
