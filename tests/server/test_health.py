"""/healthz, /metrics and the API's description."""

import os
import time

import pytest

from server.accounts import add_account
from server.health import HEARTBEAT_FILE, beat
from server.stores import stores


@pytest.fixture
def worker_is_alive(settings, app):
    beat(settings)


def test_all_is_well(client, worker_is_alive):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "parts": {"store": "ok", "databases": "ok", "merge_worker": "ok"}})


def test_a_merge_worker_that_never_ran_or_stopped_shows(client, settings):
    assert client.get("/healthz").get_json()["parts"]["merge_worker"] == "failing"
    beat(settings)
    long_ago = time.time() - 60
    os.utime(settings.data / HEARTBEAT_FILE, (long_ago, long_ago))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()["parts"]["merge_worker"]) == (503, "failing")


def test_a_folder_that_cannot_be_written_shows(client, settings, worker_is_alive):
    settings.engine_folder.mkdir(exist_ok=True)
    (settings.engine_folder / ".writable").mkdir()
    assert client.get("/healthz").get_json()["parts"]["databases"] == "failing"


def test_metrics_are_for_this_machine_and_the_operator(app, client, worker_is_alive):
    with app.app_context():
        session = stores().writing_session()
        add_account(session, "operator", "何工", "operator", "correct horse")
        session.commit()
    text = client.get("/metrics").get_data(as_text=True)
    assert "doorstep_linkage_queue_records 0.0" in text
    assert "doorstep_outbox_documents 0.0" in text
    assert "doorstep_accounts_active 1.0" in text
    assert "doorstep_feeds_behind 0.0" in text
    from_elsewhere = {"REMOTE_ADDR": "192.168.1.7"}
    assert client.get("/metrics", environ_overrides=from_elsewhere).status_code == 401
    assert client.get("/metrics", environ_overrides=from_elsewhere, auth=("operator", "correct horse")).status_code == 200


def test_a_feed_that_nobody_has_read_shows(app, client):
    with app.app_context():
        stores().databases.create("worker-w0001", {}, "members")
        stores().databases.publish("worker-w0001", [{"_id": "submission:x"}])
    assert "doorstep_feeds_behind 1.0" in client.get("/metrics").get_data(as_text=True)


def test_the_api_describes_itself(client):
    document = client.get("/api/openapi.json").get_json()
    session = {"/api/session", "/api/session/refresh", "/api/session/hand-in", "/api/session/handed-in"}
    version = "/api/forms/{form}/{version}"
    forms = {"/api/forms", "/api/forms/check", version, f"{version}/schema.json", f"{version}/xform.xml"}
    tried = {"/api/forms/try/{token}", "/api/forms/try/{token}/judge"}
    assert set(document["paths"]) == session | forms | tried | {"/healthz", "/metrics"}
    assert document["components"]["schemas"]["SignIn"]["required"] == ["password", "username"]
    assert "/api/session/refresh" in client.get("/api/").get_data(as_text=True)


@pytest.mark.parametrize(("path", "status"), [("/api/nowhere", 404), ("/api/session", 405)])
def test_errors_under_the_api_are_json_and_elsewhere_a_page(client, path, status):
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    assert set(answer.get_json()) == {"error", "reason"}
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert "没有找到" in page.get_data(as_text=True)


def test_a_body_over_the_limit_is_told_so(tmp_path):
    from server.app import create_app
    from server.settings import read_settings

    app = create_app(read_settings({"DOORSTEP_DATA": str(tmp_path), "DOORSTEP_SECRET": "x" * 32, "DOORSTEP_BODY_BYTES_MAX": "1024"}))
    answer = app.test_client().post("/api/session", data=b"x" * 2000)
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
