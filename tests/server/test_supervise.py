"""The supervisor: what dies comes back, and when it ends nothing is left, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from server.demo import BEGAN, LOADED
from server.keys import household_key
from sync.clock import utc_now
from sync.store import open_store, upgrade
from sync.store.models import AuditEvent, Base

ROOT = Path(__file__).parent.parent.parent
START_SECONDS_MAX = 60
GONE_SECONDS_MAX = 15

pytestmark = pytest.mark.xdist_group("supervise")


def eventually(true, seconds, what):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Serving:
    """`flask serve` over a data folder, in demo mode, its demo marked as loaded so that it starts at once."""

    def __init__(self, data: Path, port: int = 0, store_url: str | None = None):
        self.data = data
        self.store_url = store_url or f"sqlite:///{data}/doorstep.sqlite"
        if not port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
        self.port = port
        if not data.exists():
            data.mkdir()
            self._mark_as_loaded()

    def _mark_as_loaded(self):
        upgrade(self.store_url)
        store = open_store(self.store_url)
        with store.writing() as connection:
            for action in (BEGAN, LOADED):
                connection.execute(Base.metadata.tables[AuditEvent.__tablename__].insert().values(at=utc_now(), action=action, subject="demo", detail=b"{}"))
        household_key(store)
        store.close()

    def run(self, **more) -> subprocess.Popen:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
        environment |= {"DOORSTEP_DATA": str(self.data), "DOORSTEP_PORT": str(self.port), "DOORSTEP_DEMO": "1", "DATABASE_URL": self.store_url, **more}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return self.process

    def start(self, **more):
        self.run(**more)
        eventually(self.is_well, START_SECONDS_MAX, "the server is up")
        return self

    def is_well(self) -> bool:
        assert self.process.poll() is None, self.process.stdout.read()
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        """The direct child whose command has these words."""
        for process in psutil.Process(self.process.pid).children():
            command = process.cmdline()
            if all(any(word in part for part in command) for word in words):
                return process
        raise AssertionError(f"no child with {words}")


@pytest.fixture
def serving(tmp_path):
    served = Serving(tmp_path / "data").start()
    yield served
    if served.process.poll() is None:
        left = served.family()
        served.process.kill()
        served.process.wait()
        psutil.wait_procs(left, timeout=GONE_SECONDS_MAX)


def test_it_runs_several_processes_and_says_where_to_go(serving):
    commands = [" ".join(process.cmdline()) for process in serving.family()]
    assert sum("gunicorn" in command for command in commands) == 3, "gunicorn's parent and two web processes"
    assert sum("worker run" in command for command in commands) == 1
    family = serving.family()
    said = serving.process.stdout.readline()  # it looks now and then whether the server is up, so this can come a moment after the first answer
    serving.process.terminate()
    serving.process.communicate(timeout=GONE_SECONDS_MAX)
    assert serving.process.returncode == 0
    assert f"http://127.0.0.1:{serving.port}/app/" in said
    assert "password demo" in said
    assert psutil.wait_procs(family, timeout=1)[1] == []


def test_the_parent_killed_leaves_nothing_behind(serving):
    family = serving.family()
    assert len(family) >= 4
    serving.process.kill()
    serving.process.wait()
    _, left = psutil.wait_procs(family, timeout=GONE_SECONDS_MAX)
    assert left == []
    again = Serving(serving.data, serving.port).start()
    again.process.terminate()
    assert again.process.wait(GONE_SECONDS_MAX) == 0


def test_a_merge_worker_that_is_killed_comes_back(serving):
    first = serving.child("worker", "run")
    first.kill()
    second = eventually(lambda: any(p.pid != first.pid and "worker" in p.cmdline() for p in serving.family() if p.is_running()), 20, "another merge worker")
    assert second
    assert serving.process.poll() is None


def test_web_processes_that_are_killed_come_back_and_requests_meanwhile_are_answered(serving):
    gunicorn = serving.child("gunicorn")
    workers = gunicorn.children()
    gunicorn.kill()
    answer = requests.get(f"http://127.0.0.1:{serving.port}/api/openapi.json", timeout=30)
    assert answer.status_code == 200
    _, left = psutil.wait_procs([gunicorn, *workers], timeout=GONE_SECONDS_MAX)
    assert left == []


def test_ctrl_c_ends_it_in_order(serving):
    family = serving.family()
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.wait(GONE_SECONDS_MAX) == 0
    assert psutil.wait_procs(family, timeout=1)[1] == []


def test_a_second_one_on_the_same_data_is_told_so(serving):
    second = Serving(serving.data)
    said, _ = second.run().communicate(timeout=START_SECONDS_MAX)
    assert second.process.returncode == 1
    assert f"served already, by process {serving.process.pid}" in said


def test_a_busy_port_is_told_in_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        late = Serving(tmp_path / "data", taken.getsockname()[1])
        said, _ = late.run().communicate(timeout=START_SECONDS_MAX)
    assert late.process.returncode == 1
    assert f"Port {late.port} on 127.0.0.1 is in use" in said
    assert "Traceback" not in said


def test_the_demo_does_not_listen_beyond_this_machine(tmp_path):
    said, _ = Serving(tmp_path / "data").run(DOORSTEP_HOST="0.0.0.0").communicate(timeout=START_SECONDS_MAX)
    assert "this machine only" in said
    assert "Traceback" not in said


def test_several_merge_workers_need_postgresql(tmp_path):
    said, _ = Serving(tmp_path / "data").run(DOORSTEP_MERGE_WORKERS="2").communicate(timeout=START_SECONDS_MAX)
    assert "several merge workers need PostgreSQL" in said
    assert "Traceback" not in said


def test_on_postgresql_it_runs_as_many_merge_workers_as_are_asked_for(tmp_path, postgresql):
    serving = Serving(tmp_path / "data", store_url=postgresql())
    serving.start(DOORSTEP_MERGE_WORKERS="2")
    family = serving.family()
    assert sum("worker run" in " ".join(process.cmdline()) for process in family) == 2
    serving.process.terminate()
    assert serving.process.wait(GONE_SECONDS_MAX) == 0
    assert psutil.wait_procs(family, timeout=1)[1] == []
