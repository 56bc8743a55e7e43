"""A thousand phones wait for news: what do the others notice, what does a feed cost, and how soon does each hear of a commit?

    python -m benchmarks.idle_feeds

In one run: a ping (GET /sync/_up and a document, on one kept connection) with no feed open, then with 1,000 long-polls, heartbeat 10 s, half of them on
one database and half on fifty others. Then one commit wakes the five hundred at once.
"""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks.report import machine, percentile, table, verdict
from benchmarks.servers import Served, doorstep

FEEDS = 1_000
OTHER_DATABASES = 50
PINGS = 1_000
PAUSE_SECONDS = 0.005  # between pings
PING_SECONDS_MAX = 0.050  # of 99 in 100
SETTLE_SECONDS = 2.0


class Phones:
    """Connections that wait, and one thread that reads whatever they get."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._poller = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._received: dict[socket.socket, bytes] = {}
        self.answered_at: list[float] = []
        self.heartbeats = 0
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, database: str) -> None:
        """One more long-poll from now on."""
        address = urlsplit(self._served.url)
        phone = socket.create_connection((address.hostname, address.port), timeout=30)
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._served.headers.items())
        request = f"GET {address.path}/{database}/_changes?feed=longpoll&heartbeat=10000&since=now HTTP/1.1\r\nHost: {address.netloc}\r\n{headers}\r\n"
        phone.sendall(request.encode())
        self._sockets.append(phone)
        self._received[phone] = b""
        self._poller.register(phone, selectors.EVENT_READ)

    @property
    def waiting(self) -> int:
        """So many have got the beginning of their answers."""
        return sum(b"results" in received for received in self._received.values())

    def _read(self) -> None:
        while True:
            if not self._sockets:
                time.sleep(0.01)
                continue
            for key, _ in self._poller.select(0.1):
                phone = key.fileobj
                assert isinstance(phone, socket.socket)
                received = phone.recv(65_536)
                self.heartbeats += received.count(b"1\r\n\n\r\n")
                self._received[phone] += received
                if b"last_seq" in received or not received:
                    self.answered_at.append(time.monotonic())
                    self._poller.unregister(phone)


def ping(served: Served, count: int = PINGS) -> tuple[list[float], list[float]]:
    """Seconds of each: (`_up`, a document)."""
    address = urlsplit(served.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(count):
        for path, taken in zip(("/_up", "/forms/form"), seconds, strict=True):
            began = time.perf_counter()
            connection.request("GET", address.path + path, headers=served.headers)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - began)
            assert answer.status == 200
            time.sleep(PAUSE_SECONDS)
    connection.close()
    return seconds


def memory(served: Served) -> int:
    """Bytes that the web processes have for themselves."""
    leader = psutil.Process(served.process.pid)
    return sum(process.memory_full_info().uss for process in [leader, *leader.children(recursive=True)])


def threads(served: Served) -> int:
    leader = psutil.Process(served.process.pid)
    return max(process.num_threads() for process in leader.children(recursive=True))


def main() -> None:
    print(f"Idle feeds: {machine()}")
    with tempfile.TemporaryDirectory() as folder, doorstep(Path(folder)) as served:
        assert served.engine is not None
        names = ["forms", *(f"area-g{number:04d}" for number in range(OTHER_DATABASES))]
        for name in names:
            served.create(name)
        served.engine.publish("forms", [{"_id": "form", "title": "household", "text": "x" * 1_400}])
        ping(served, 100)  # warm
        rows = [_row("no feed", *ping(served))]
        before, phones = memory(served), Phones(served)
        began = time.monotonic()
        for number in range(FEEDS):
            phones.wait_for("forms" if number % 2 else names[1 + number // 2 % OTHER_DATABASES])
        while phones.waiting < FEEDS:
            assert time.monotonic() - began < 60, f"only {phones.waiting} feeds are open"
            time.sleep(0.01)
        opened = time.monotonic() - began
        time.sleep(SETTLE_SECONDS)
        cost = (memory(served) - before) / FEEDS
        up, document = ping(served)
        rows.append(_row(f"{FEEDS:,} feeds", up, document))
        most = threads(served)
        during: list[tuple[list[float], list[float]]] = []
        pinging = threading.Thread(target=lambda: during.append(ping(served, PINGS // 5)))
        pinging.start()
        time.sleep(0.2)
        began = time.monotonic()
        served.engine.publish("forms", [{"_id": "news"}])
        while len(phones.answered_at) < FEEDS // 2:
            assert time.monotonic() - began < 60, f"only {len(phones.answered_at)} phones heard of the news"
            time.sleep(0.005)
        pinging.join()
        rows.append(_row(f"while {FEEDS // 2} hear", *during[0]))
        table("Milliseconds of a ping", ["", "_up p50", "_up p99", "document p50", "document p99"], rows)
        heard = sorted(at - began for at in phones.answered_at)
        print(f"\n  {FEEDS:,} feeds opened in {opened:.1f} s; {cost / 1024:.1f} kB a feed; {most} threads in a process; {phones.heartbeats} heartbeats came")
        print(f"  a commit reached {len(heard)} phones: the first after {heard[0] * 1000:.0f} ms, the last after {heard[-1] * 1000:.0f} ms")
        worst = max(percentile(up, 99), percentile(document, 99))
        print(f"  99 of 100 pings within {PING_SECONDS_MAX * 1000:.0f} ms with {FEEDS:,} feeds: {verdict(worst < PING_SECONDS_MAX)} ({worst * 1000:.1f} ms)")
        print(json.dumps({"idle_feeds": FEEDS, "ping_p99_ms": round(worst * 1000, 2), "kilobytes_a_feed": round(cost / 1024, 1)}))


def _row(name: str, up: list[float], document: list[float]) -> list[str]:
    return [name, *(f"{percentile(values, percent) * 1000:.1f}" for values in (up, document) for percent in (50, 99))]


if __name__ == "__main__":
    main()
