"""The server with a few databases, and everybody who may ask it something under /sync/: with good credentials, with bad ones, with none."""

import base64
import time
from datetime import UTC, datetime
from functools import cached_property

import jwt
import orjson

from server.app import create_app
from server.passwords import hash_password
from server.provision import provide_area, provide_forms, provide_worker
from server.settings import read_settings
from server.stores import db, stores
from server.tokens import sign, signing_key
from sync.store.models import Account, Base

SECRET = "a secret for tests that nobody else has"
OTHER_SECRET = "a secret that somebody else has made up"
PASSWORD = "a long password"


class Server:
    """The app in this process: worker w1's databases, area g1, the forms, and an inbox of somebody else, w5."""

    def __init__(self, folder):
        self.app = create_app(read_settings({"DOORSTEP_DATA": str(folder), "DOORSTEP_SECRET": SECRET}))
        self.app.testing = True
        self.settings = self.app.extensions["doorstep.settings"]
        self.client = self.app.test_client(use_cookies=False)
        with self.app.app_context():
            Base.metadata.create_all(db.engine)
            account = {"username": "operator", "name": "何工", "role": "operator", "password_hash": hash_password(PASSWORD), "created_at": datetime.now(UTC)}
            db.session.add(Account(id="w9", **account))
            db.session.commit()
        self.provide()

    def ask(self, who, method, path, body="", headers=(), raw_path=False):
        """The answer; `path` is below /sync, already quoted. `raw_path`: hand it over as a real server does, undecoded."""
        options = {"environ_overrides": {"RAW_URI": "/sync" + path, "REQUEST_URI": "/sync" + path}} if raw_path else {}
        headers = {**(self.cookie if who == "operator by cookie" else credentials(who)), **dict(headers)}
        return self.client.open("/sync" + path, method=method, data=body, content_type="application/json", headers=headers, **options)

    @cached_property
    def cookie(self):
        """The operator's tools, signed in once for ten minutes."""
        answer = self.client.post("/sync/_session", json={"name": "operator", "password": PASSWORD})
        return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}

    def provide(self):
        with self.app.app_context():
            databases = stores().databases
            provide_forms(databases)
            provide_area(databases, "g1")
            for worker in ("w1", "w5"):
                provide_worker(databases, worker)
            databases.delete("area-none")

    def state_of(self, name):
        """What tells that something was written: sequence, security object, how many revisions are kept."""
        info = self.ask("operator", "GET", f"/{name}").json
        return info.get("update_seq"), self.ask("operator", "GET", f"/{name}/_security").data, self.ask("operator", "GET", f"/{name}/_revs_limit").data


def credentials(who: str) -> dict[str, str]:
    key, other = signing_key(SECRET), signing_key(OTHER_SECRET)
    roles = ["worker", "worker:w1", "area:g1"]
    good = sign(key, "w1", roles, 900)
    head, claims, signature = good.split(".")
    now = int(time.time())
    match who:
        case "nobody":
            return {}
        case "operator":
            return {"Authorization": "Basic " + base64.b64encode(f"operator:{PASSWORD}".encode()).decode()}
        case "token expired":
            token = sign(key, "w1", roles, 900, now=now - 2_000)
        case "token of another key":
            token = jwt.encode(claims_of(good), other.value, headers={"kid": key.id})
        case "token without signature":
            token = f"{part({'alg': 'none', 'typ': 'JWT', 'kid': key.id})}.{claims}."
        case "token cut and pasted":
            token = f"{head}.{part({**claims_of(good), 'sub': 'w7'})}.{signature}"
        case "token of an unknown kid":
            token = sign(other, "w1", roles, 900)
        case "token with _admin in it":
            token = jwt.encode({**claims_of(good), "_couchdb.roles": ["_admin"]}, key.value, headers={"kid": key.id})
        case "other worker":
            token = sign(key, "w2", ["worker", "worker:w2", "area:g2"], 900)
        case "worker without the area":
            token = sign(key, "w1", ["worker", "worker:w1"], 900)
        case "worker with the area":
            token = good
        case "team leader":
            token = sign(key, "w3", ["worker", "worker:w3", "area:g1", "area:g2"], 900)
        case _:
            raise AssertionError(who)
    return {"Authorization": f"Bearer {token}"}


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def part(value):
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()
