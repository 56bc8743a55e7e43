"""While the store is brought to a new version the port answers: phones, pages and whoever watches are told so, in both languages."""

import contextlib
import signal

import psutil
import pytest
import requests
from sqlalchemy import text

from sync.store import open_store
from tests.conftest import SECRET
from tests.server.test_supervise import GONE_SECONDS_MAX, START_SECONDS_MAX, Serving, eventually
from tests.stores import upgrade_to

pytestmark = pytest.mark.xdist_group("supervise")


@contextlib.contextmanager
def writing(url):
    """Somebody else writes to the store, and takes long: whoever upgrades it waits."""
    store = open_store(url)
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE in_the_way (number INTEGER)"))
        yield
        connection.execute(text("DROP TABLE in_the_way"))
    store.close()


@pytest.fixture
def old(tmp_path):
    """Not started yet, over a store of an older version."""
    serving = Serving(tmp_path / "data")
    (tmp_path / "data" / "doorstep.sqlite").unlink()
    upgrade_to(serving.store_url, "0006")
    yield serving
    if serving.process.poll() is None:
        left = serving.family()
        serving.process.kill()
        serving.process.wait()
        psutil.wait_procs(left, timeout=GONE_SECONDS_MAX)


def answer(serving, path, method="GET", **more):
    with contextlib.suppress(requests.ConnectionError):
        return requests.request(method, f"http://127.0.0.1:{serving.port}{path}", timeout=5, **more)
    return None


def test_everybody_is_told_and_it_can_be_ended(old):
    with writing(old.store_url):
        old.run(DOORSTEP_DEMO="0", DOORSTEP_SECRET=SECRET)
        eventually(lambda: answer(old, "/healthz") is not None, START_SECONDS_MAX, "it answers")
        everybody_is_told(old)
        old.process.terminate()
        assert old.process.wait(GONE_SECONDS_MAX) == -signal.SIGTERM


def everybody_is_told(waiting):
    health = answer(waiting, "/healthz")
    assert (health.status_code, health.json()["status"], health.headers["Retry-After"]) == (503, "updating", "10")
    assert set(health.json()["message"]) == {"zh", "en"}

    phone = answer(waiting, "/api/session/refresh", "POST", json={"refresh_token": "x" * 1000})
    assert (phone.status_code, phone.json()["error"]) == (503, "updating")
    assert phone.headers["Doorstep-Updating"] == "1"
    assert answer(waiting, "/sync/worker-w0001/_bulk_docs", "POST", data=b"[" + b"1," * 100_000).status_code == 503

    page = answer(waiting, "/households", headers={"Accept-Language": "en"})
    assert page.status_code == 503
    assert "text/html" in page.headers["Content-Type"]
    chinese, english = page.text.index("服务器正在升级"), page.text.index('<h1 style="font-size:1.5rem">The server is being updated')
    assert english < chinese
    assert answer(waiting, "/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text.startswith('<!doctype html><html lang="zh-CN">')
    assert answer(waiting, "/app/", "HEAD").status_code == 503


def test_when_it_is_done_the_web_processes_answer_at_the_same_port(old):
    with writing(old.store_url):
        old.run(DOORSTEP_DEMO="0", DOORSTEP_SECRET=SECRET)
        eventually(lambda: answer(old, "/healthz") is not None, START_SECONDS_MAX, "it answers")
    eventually(old.is_well, START_SECONDS_MAX, "the server is up")
    left = old.family()
    old.process.terminate()
    said, _ = old.process.communicate(timeout=GONE_SECONDS_MAX)
    psutil.wait_procs(left, timeout=GONE_SECONDS_MAX)
    assert "Bringing the store to version 0007 of" in said
    assert "The central store is at this version." in said


def test_a_store_of_a_newer_program_is_refused_in_a_sentence(tmp_path):
    serving = Serving(tmp_path / "data")
    store = open_store(serving.store_url)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    said, _ = serving.run().communicate(timeout=START_SECONDS_MAX)
    assert serving.process.returncode == 1
    assert "The central store stands at version 9999" in said
    assert "Traceback" not in said
