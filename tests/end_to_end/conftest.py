"""The real product for the end-to-end tests: the supervised server on a free port, and real Chromium profiles as phones."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
import requests

from tests.end_to_end.walking import Office, Phone

ROOT = Path(__file__).parent.parent.parent
START_SECONDS_MAX = 90
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="session", name="eventually")
def eventually_fixture():
    """`eventually(condition, seconds, what)` waits for what becomes true by itself."""
    return eventually


def eventually(true: Callable[[], object], seconds: float = 30, what: str = "") -> object:
    """The first truthy answer; the last falsy one or exception is told when the time is up."""
    until = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            last = true()
            if last:
                return last
        except (requests.RequestException, AssertionError, KeyError) as error:
            last = error
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what or true} (last: {last!r})")
        time.sleep(0.1)


class Server:
    """`make run` without make: parent, web processes and merge worker over one data folder, always on the same port."""

    def __init__(self, data: Path, **settings: str):
        self.data = data
        self.settings = settings
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.log = data.parent / f"{data.name}.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")},
            "DOORSTEP_DEMO": "1",
            "DOORSTEP_DATA": str(self.data),
            "DOORSTEP_PORT": str(self.port),
            **self.settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        eventually(self.healthy, START_SECONDS_MAX, f"the server is up; see {self.log}:\n{self.log.read_text()[-2000:]}")
        return self

    def healthy(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"the server ended: {self.log.read_text()[-3000:]}")
        return requests.get(f"{self.url}/healthz", timeout=5).status_code == 200

    def stop(self) -> None:
        """The orderly way, and none may be left."""
        if self.process is None:
            return
        children = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        _, left = psutil.wait_procs(children, timeout=10)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process = None
        assert not left, f"left behind: {left}"

    def processes(self, role: str) -> list[psutil.Process]:
        """role: `worker` is the merge worker, `web` the processes that answer requests."""
        assert self.process is not None
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                command = " ".join(process.cmdline())
                is_web = "gunicorn" in command
                is_worker = "worker" in process.cmdline() and "run" in process.cmdline()
                if (role == "web" and is_web and not process.children()) or (role == "worker" and is_worker):
                    found.append(process)
        return found

    def publish(self, form: Path, *more: str) -> None:
        """`flask forms publish`, as an operator types it beside the running server."""
        settings = {"DOORSTEP_DEMO": "1", "DOORSTEP_DATA": str(self.data), **self.settings}
        environment = {**{name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}, **settings}
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "forms", "publish", str(form), *more], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def sign_in(self, username: str, device: str = "d-00000e2e") -> dict:
        answer = requests.post(f"{self.url}/api/session", json={"username": username, "password": "demo", "device": device}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def documents(self, database: str, prefix: str = "", token: str | None = None) -> dict[str, dict]:
        """Every live document of a database, as the operator sees them."""
        answer = requests.get(
            f"{self.url}/sync/{database}/_all_docs",
            params={"include_docs": "true", "startkey": json.dumps(prefix), "endkey": json.dumps(prefix + "￿")},
            auth=None if token else ("operator", "demo"),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return {row["id"]: row["doc"] for row in answer.json()["rows"]}

    def push(self, session: dict, documents: list[dict]) -> None:
        answer = requests.post(
            f"{self.url}/sync/{session['sync']['inbox']}/_bulk_docs",
            json={"docs": documents},
            headers={"Authorization": f"Bearer {session['access_token']}"},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        assert all("error" not in row for row in answer.json()), answer.text


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory) -> Path:
    """The demo organisation, loaded once by the server's own first start; tests work on copies."""
    server = Server(tmp_path_factory.mktemp("demo") / "data").start()
    server.stop()
    return server.data


@pytest.fixture
def start_server(demo_data, tmp_path) -> Iterator[Callable[[str], Server]]:
    """Starts the product over a copy of the demo's data, as often as a test needs one."""
    started: list[Server] = []

    def start(name: str, **settings: str) -> Server:
        shutil.copytree(demo_data, tmp_path / name, ignore=shutil.ignore_patterns("wake"))  # named pipes of processes that are gone
        started.append(Server(tmp_path / name, **settings))
        return started[-1].start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def shared_server(demo_data, tmp_path_factory) -> Iterator[Server]:
    """One product for tests that each look only at what they sent themselves."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(demo_data, data, ignore=shutil.ignore_patterns("wake"))
    server = Server(data).start()
    yield server
    server.stop()


@pytest.fixture
def server(start_server) -> Server:
    return start_server("data")


@pytest.fixture(scope="session")
def chromium() -> str:
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])), None)
    assert found, "No Chromium: see tests/end_to_end/provide_chromium.sh"
    return found


@pytest.fixture
def open_profile(chromium, tmp_path):
    """Opens a browser profile by name; the same name again is the same phone, with what it had on its disk."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = []

        def open_one(
            name: str,
            width: int = 390,
            height: int = 844,
            language: str = "zh-CN",
            arguments: Sequence[str] = (),
            permissions: Sequence[str] = ("geolocation",),
        ):
            context = playwright.chromium.launch_persistent_context(
                str(tmp_path / f"profile-{name}"),
                executable_path=chromium,
                args=[*CHROMIUM_ARGUMENTS, *arguments],
                viewport={"width": width, "height": height},
                locale=language,
                timezone_id="Asia/Shanghai",
                has_touch=width < 600,
                permissions=list(permissions),
                geolocation={"latitude": 29.84, "longitude": 114.32},
            )
            opened.append(context)
            return context

        yield open_one
        for context in opened:
            with contextlib.suppress(Exception):
                context.close()


@pytest.fixture
def phone(server, open_profile):
    """phone("ward") is a new phone in its owner's hand; the same name again is the same phone with what is on its disk."""
    return lambda profile, language="zh": Phone(open_profile(profile), server.url, language)


@pytest.fixture
def office(server, open_profile):
    return lambda username="admin": Office(open_profile("desk", 1440, 900), server.url).sign_in(username)
