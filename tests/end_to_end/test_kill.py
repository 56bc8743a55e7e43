"""Power cuts and crashes: kill -9 at random moments loses nothing and doubles nothing."""

from __future__ import annotations

import contextlib
import random
import threading
import time

import psutil
import requests

from sync.identity import household_id
from tests.examples import TIMES, examples

KILLS = examples(20)
SURVEYS_PER_WORKER = 60 * TIMES
BATCH = 7
STARTED = "2026-02-03T09:12:44+08:00"
FINISHED = "2026-02-03T09:15:02+08:00"
FINISHED_MS = 1_770_081_302_000


def surveys(session: dict, worker_number: int) -> list[dict]:
    """Surveys of one worker: some doors twice, some with fever, every tenth with an answer that breaks a rule. The same each time."""
    chance = random.Random(worker_number)
    area = session["worker"]["areas"][0]
    device = f"d-0000a{worker_number:03d}"
    documents = []
    for number in range(SURVEYS_PER_WORKER):
        door = {"building": "9", "unit": str(worker_number), "room": f"{100 + number // 2}"}
        household = household_id(session["household_key"].encode(), area["place"], **door, ordinal=1)
        key = f"01KGH{worker_number:03d}{number:018d}"
        temperature = 99.9 if number % 10 == 9 else round(chance.uniform(36.0, 37.2), 1)
        documents.append(
            {
                "_id": f"submission:{key}",
                "type": "submission",
                "form": "household_survey",
                "version": "1",
                "area": area["id"],
                "answers": {
                    "household_id": household,
                    "visit_id": f"visit:01KGP{worker_number:03d}{number:018d}",
                    "visit": {"mode": "door", "outcome": "done", "visited_at": FINISHED},
                    "address": {**door, "ordinal": 1, "household_phone": f"1550000{number:04d}"},
                    "members": [
                        {
                            "person_id": f"person:01KGP{worker_number:03d}{number:017d}{member}",
                            "name": f"测试{number}号",
                            "sex": "2",
                            "relation": "0" if member == 0 else "1",
                            "kind": "resident",
                            "temperature": temperature,
                        }
                        for member in range(2)
                    ],
                    "household_needs": {"member_count": 2, "vulnerable_count": 0, "fever_count": 2 if temperature > 90 else 0},
                    "closing": {"consent": "yes"},
                },
                "based_on": {},
                "started_at": STARTED,
                "finished_at": FINISHED,
                "clock": f"{FINISHED_MS + number:013d}-0000-{device}",
                "clock_offset_ms": 0,
                "worker": session["worker"]["id"],
                "device": device,
                "app": "0.1.0",
                "supersedes": None,
                "media": [],
            }
        )
    return documents


def replicate(server, session: dict, documents: list[dict], pause: float) -> None:
    """Pushes as a phone does: given revisions, batch by batch, each again until the server has acknowledged it."""
    for first in range(0, len(documents), BATCH):
        batch = [{**document, "_rev": "1-e2e", "_revisions": {"start": 1, "ids": ["e2e"]}} for document in documents[first : first + BATCH]]
        while True:
            with contextlib.suppress(requests.RequestException):
                answer = requests.post(
                    f"{server.url}/sync/{session['sync']['inbox']}/_bulk_docs",
                    json={"docs": batch, "new_edits": False},
                    headers={"Authorization": f"Bearer {session['access_token']}"},
                    timeout=15,
                )
                if answer.status_code == 201 and answer.json() == []:
                    break
            time.sleep(0.05)
        time.sleep(pause)


def run(server, eventually, kills: int) -> tuple[dict[str, dict], dict[str, dict]]:
    """Three workers push while `kills` processes are killed. Gives receipts and records, by id, when all is judged and published."""
    sessions = [server.sign_in(f"surveyor{number}", f"d-0000a{number:03d}") for number in (1, 2, 3)]
    pushed = {session["worker"]["id"]: surveys(session, number) for number, session in enumerate(sessions, 1)}
    pause = 0.25 if kills else 0
    pushers = [threading.Thread(target=replicate, args=(server, session, pushed[session["worker"]["id"]], pause), daemon=True) for session in sessions]
    for pusher in pushers:
        pusher.start()
    chance = random.Random()
    for kill in range(kills):
        time.sleep(chance.uniform(0.02, 0.8))
        role = ["worker", "web"][kill % 2]
        alive = eventually(lambda role=role: server.processes(role), 20, f"a {role} process to kill")
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(alive).kill()
    for pusher in pushers:
        pusher.join(120 * TIMES)
        assert not pusher.is_alive(), "a phone could not push to the end"

    def receipts() -> dict[str, dict]:
        found: dict[str, dict] = {}
        for session in sessions:
            found |= server.documents(session["sync"]["inbox"], "receipt:01KGH")
        return found

    expected = {document["_id"] for documents in pushed.values() for document in documents}
    eventually(lambda: {receipt["submission"] for receipt in receipts().values()} == expected, 60 * TIMES, "a receipt for each submission")
    eventually(lambda: "doorstep_outbox_documents 0" in requests.get(f"{server.url}/metrics", timeout=5).text, 30, "the outbox is empty")
    records: dict[str, dict] = {}
    for area in {area["id"] for session in sessions for area in session["worker"]["areas"]}:
        for id, record in server.documents(f"area-{area}").items():
            if any(entry["id"] in expected for entry in record.get("submissions", [])):
                record.pop("_rev")
                records[id] = record
    return receipts(), records


def test_kill_9_at_random_moments_loses_and_doubles_nothing(start_server, eventually):
    undisturbed = start_server("undisturbed")
    quiet_receipts, quiet_records = run(undisturbed, eventually, kills=0)
    undisturbed.stop()
    receipts, records = run(start_server("disturbed"), eventually, kills=KILLS)

    assert len(receipts) == 3 * SURVEYS_PER_WORKER
    assert {receipt["status"] for receipt in receipts.values()} == {"accepted", "held"}
    written_again = [receipt["_rev"] for receipt in receipts.values() if not receipt["_rev"].startswith("1-")]
    assert not written_again, "each receipt is written once, however often the worker died"
    assert {id: (receipt["status"], receipt["problems"]) for id, receipt in receipts.items()} == {
        id: (receipt["status"], receipt["problems"]) for id, receipt in quiet_receipts.items()
    }
    assert len(records) > 100
    assert records == quiet_records
