"""The real product for the end-to-end tests: the supervised server on a free port, and real Chromium profiles as phones.

What most tests need is there once: `shared_server`, for tests that look only at what they sent themselves, and `shared_phone`, copies of one phone that
has signed in there. A test that stops, kills or changes the server, or counts what is there, takes `server`: one of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
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

from tests.end_to_end import forms_of_tests
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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """What shares a server runs in one process, which starts it; the others take what is left."""
    for item in items:
        if not {"shared_server", "shared_server_set_otherwise"}.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.xdist_group("shared server"))


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory) -> Path:
    """The demo organisation, loaded once in a run by the server's own first start; tests work on copies."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which all processes of the run have
    whole = folder / "demo is whole"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            Server(folder / "demo").start().stop()
            whole.touch()
    return folder / "demo"


def over_a_copy(demo_data: Path, data: Path, **settings: str) -> Server:
    shutil.copytree(demo_data, data, ignore=shutil.ignore_patterns("wake"))  # named pipes of processes that are gone
    return Server(data, **settings)


@pytest.fixture
def start_server(demo_data, tmp_path) -> Iterator[Callable[[str], Server]]:
    """Starts the product over a copy of the demo's data, as often as a test needs one."""
    started: list[Server] = []

    def start(name: str, **settings: str) -> Server:
        started.append(over_a_copy(demo_data, tmp_path / name, **settings))
        return started[-1].start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def shared_server(demo_data, tmp_path_factory) -> Iterator[Server]:
    """One product, with the forms of these tests, for tests that each look only at what they sent themselves."""
    server = over_a_copy(demo_data, tmp_path_factory.mktemp("shared") / "data").start()
    forms_of_tests.publish(server, tmp_path_factory.mktemp("forms"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_server_set_otherwise(demo_data, tmp_path_factory) -> Iterator[Server]:
    """As `shared_server`: photos keep where they were taken, files are 100 kB at most, and there are map pictures."""
    settings = {"DOORSTEP_PHOTO_POSITION": "keep", "DOORSTEP_ATTACHMENT_BYTES_MAX": "100000", "DOORSTEP_TILES": str(tmp_path_factory.mktemp("tiles"))}
    server = over_a_copy(demo_data, tmp_path_factory.mktemp("otherwise") / "data", **settings).start()
    forms_of_tests.publish(server, tmp_path_factory.mktemp("forms"))
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


def launch(playwright, chromium: str, profile: Path, width=390, height=844, language="zh-CN", arguments: Sequence[str] = (), permissions=("geolocation",)):
    return playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=chromium,
        args=[*CHROMIUM_ARGUMENTS, *arguments],
        viewport={"width": width, "height": height},
        locale=language,
        timezone_id="Asia/Shanghai",
        has_touch=width < 600,
        permissions=list(permissions),
        geolocation={"latitude": 29.84, "longitude": 114.32},
    )


@pytest.fixture
def open_profile(playwright, chromium, tmp_path):
    """Opens a browser profile by name; the same name again is the same phone, with what it had on its disk."""
    opened = []

    def open_one(name: str, *size: int, **how):
        opened.append(launch(playwright, chromium, tmp_path / f"profile-{name}", *size, **how))
        return opened[-1]

    yield open_one
    for context in opened:
        with contextlib.suppress(Exception):
            context.close()


@pytest.fixture(scope="session")
def signed_in(shared_server, playwright, chromium, tmp_path_factory) -> Path:
    """The disk of a phone with which surveyor1 has signed in at the shared server, once everything has arrived on it."""
    profile = tmp_path_factory.mktemp("phone") / "profile"
    context = launch(playwright, chromium, profile)
    Phone(context, shared_server.url).sign_in("surveyor1")
    context.close()
    return profile


@pytest.fixture
def shared_phone(shared_server, signed_in, open_profile, tmp_path):
    """shared_phone() is that phone in surveyor1's hand, the app just opened: a copy of it, so that no test meets what another has typed."""

    def hand_out(name: str = "phone", **how) -> Phone:
        shutil.copytree(signed_in, tmp_path / f"profile-{name}", ignore=shutil.ignore_patterns("Singleton*"))
        phone = Phone(open_profile(name, **how), shared_server.url).open()
        phone.page.wait_for_selector(".tabs")
        return phone

    return hand_out


@pytest.fixture
def phone(server, open_profile):
    """phone("ward") is a new phone in its owner's hand; the same name again is the same phone with what is on its disk."""
    return lambda profile, language="zh": Phone(open_profile(profile), server.url, language)


@pytest.fixture
def office(server, open_profile):
    return lambda username="admin": Office(open_profile("desk", 1440, 900), server.url).sign_in(username)
