"""A pretended CouchDB: what `couchdb configure` and `couchdb doctor` ask of a cluster, answered as CouchDB 3.5 was seen to. For tests where there is none."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt

FRESH = json.loads((Path(__file__).parent.parent.parent / "data" / "couchdb_fresh_config.json").read_text(encoding="utf-8"))
CREDENTIALS = ("admin", "pass word/@")
ADMINS_ONLY = {"admins": {"roles": ["_admin"]}, "members": {"roles": ["_admin"]}}
DEFAULT_HANDLERS = "{chttpd_auth, cookie_authentication_handler}, {chttpd_auth, default_authentication_handler}"
DEFAULT_SERVER_OPTIONS = "[{recbuf, undefined}, {acceptor_pool_size, 32}, {max, 65536}]"

Answer = tuple[int, Any]


class PretendCouchDB:
    """A cluster with these nodes, of which those in `down` do not answer."""

    def __init__(self, nodes: list[str], down: tuple[str, ...] = ()) -> None:
        self.nodes, self.down = nodes, down
        self.configs: dict[str, dict[str, dict[str, str]]] = {node: deepcopy(FRESH) for node in nodes}
        for number, node in enumerate(nodes):
            self.configs[node]["couchdb"]["uuid"] = f"{number:032x}"  # each makes its own when it first starts
        self.databases: dict[str, dict[str, Any]] = {name: {"_security": ADMINS_ONLY} for name in ("_users", "_replicator")}
        self.shards = 1
        self.handlers = ["cookie", "default"]
        self.starts = dict.fromkeys(nodes, 0)  # of each node's HTTP server; CouchDB ends the node at the fourth within 10 s

    def answer(self, method: str, path: str, authorization: str, body: Any) -> Answer:
        try:
            name, roles = self._who(authorization)
        except jwt.ExpiredSignatureError:
            return 401, {"error": "unauthorized", "reason": "exp not in future"}
        except (jwt.InvalidTokenError, KeyError):
            return 400, {"error": "bad_request", "reason": "Malformed token"}
        except PermissionError:
            return 401, {"error": "unauthorized", "reason": "Name or password is incorrect."}
        if name is None and self._setting("chttpd", "require_valid_user_except_for_up", "false") == "true" and path != "/_up":
            return 401, {"error": "unauthorized", "reason": "Authentication required."}
        if path == "/":
            return 200, {
                "couchdb": "Welcome",
                "version": "3.5.0",
                "uuid": self._setting("couchdb", "uuid"),
                "vendor": {"name": "The Apache Software Foundation"},
            }
        if path == "/_session":
            return 200, {"ok": True, "userCtx": {"name": name, "roles": roles}, "info": {"authentication_handlers": self.handlers}}
        if "_admin" not in roles:
            return 401, {"error": "unauthorized", "reason": "You are not a server admin."}
        if path == "/_membership":
            return 200, {"all_nodes": [node for node in self.nodes if node not in self.down], "cluster_nodes": self.nodes}
        if config := re.fullmatch(r"/_node/([^/]+)/_config(?:/([^/]+)/([^/]+))?", path):
            return self._config(method, config[1], config[2], config[3], body)
        if self._setting("couchdb", "maintenance_mode") == "true":
            return 412, {"error": "nodedown", "reason": self.nodes[0]}
        if path == "/_all_dbs":
            return 200, sorted(self.databases)
        if path == "/_dbs_info":
            return 200, [{"key": key, "info": {"cluster": {"q": self.shards, "n": len(self.nodes)}}} for key in body["keys"]]
        return self._database(method, path.lstrip("/").partition("/")[0], path.lstrip("/").partition("/")[2], body)

    def _who(self, authorization: str) -> tuple[str | None, list[str]]:
        kind, _, told = authorization.partition(" ")
        if kind == "Basic":
            if base64.b64decode(told).decode() != ":".join(CREDENTIALS) or not self.configs[self.nodes[0]]["admins"]:
                raise PermissionError
            return CREDENTIALS[0], ["_admin"]
        if kind == "Bearer" and "jwt" in self.handlers:
            key = base64.b64decode(self.configs[self.nodes[0]]["jwt_keys"]["hmac:" + jwt.get_unverified_header(told)["kid"]])
            required = self._setting("jwt_auth", "required_claims", "exp")
            issuer = re.search(r'\{iss,\s*"([^"]+)"\}', required)
            must = [claim for claim in ("exp", "iss") if claim in required]
            claims = jwt.decode(told, key, algorithms=["HS256"], issuer=issuer[1] if issuer else None, options={"require": must, "verify_exp": "exp" in must})
            return claims["sub"], claims["_couchdb.roles"]
        return None, [] if self.configs[self.nodes[0]]["admins"] else ["_admin"]

    def _setting(self, section: str, key: str, unset: str = "") -> str:
        return self.configs[self.nodes[0]].get(section, {}).get(key, unset)

    def _config(self, method: str, node: str, section: str | None, key: str | None, body: Any) -> Answer:
        node = self.nodes[0] if node == "_local" else node
        if node in self.down:
            return 412, {"error": "nodedown", "reason": f"{node} is down"}
        config = self.configs[node]
        if section is None or key is None:
            return 200, config
        before = config.get(section, {}).get(key)
        if method == "DELETE":
            if before is None:
                return 404, {"error": "not_found", "reason": "unknown_config_value"}
            del config[section][key]
            return 200, before
        if not isinstance(body, str):
            return 400, {"error": "bad_request", "reason": "a JSON string expected"}
        config.setdefault(section, {})[key] = body
        if (section, key) == ("chttpd", "server_options") and body != (before or DEFAULT_SERVER_OPTIONS):  # its HTTP server starts anew
            self.starts[node] += 1
            handlers = config["chttpd"].get("authentication_handlers", DEFAULT_HANDLERS)
            self.handlers = [word.partition("_")[0] for word in re.findall(r"chttpd_auth, (\w+)", handlers)]
        return 200, before or ""

    def _database(self, method: str, name: str, rest: str, body: Any) -> Answer:
        if not rest and method == "PUT":
            if name in self.databases:
                return 412, {"error": "file_exists", "reason": "The database could not be created, the file already exists."}
            self.databases[name] = {"_security": ADMINS_ONLY}
            return 201, {"ok": True}
        if name not in self.databases:
            return 404, {"error": "not_found", "reason": "Database does not exist."}
        documents = self.databases[name]
        if method == "PUT":
            documents[rest] = body if rest == "_security" else {**body, "_rev": "1-a"}
            return 201, {"ok": True, "id": rest, "rev": "1-a"}
        if method == "DELETE":
            del documents[rest]
            return 200, {"ok": True, "id": rest, "rev": "2-b"}
        return (200, documents[rest]) if rest in documents else (404, {"error": "not_found", "reason": "missing"})


@contextmanager
def serving(answer: Callable[[str, str, str, Any], tuple[int, Any]]) -> Iterator[str]:
    """The URL, without credentials, of a server that answers so. An answer that is text is sent as a page."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is two writes

        def _any(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = unquote(urlsplit(self.path).path)
            status, body = answer(self.command, path, self.headers.get("Authorization") or "", json.loads(text) if text else None)
            sent = body.encode() if isinstance(body, str) and body.startswith("<") else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if sent.startswith(b"<") else "application/json")
            self.send_header("Content-Length", str(len(sent)))
            if status in (301, 302):
                self.send_header("Location", "/_utils/")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any

        def log_message(self, *_: Any) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
