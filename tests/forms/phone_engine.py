"""The phone's own form engine as a process of Node that answers line by line (phone_engine.mjs)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).parent
PHONE = HERE.parents[1] / "server" / "pwa"
NOW = datetime.fromisoformat("2026-02-03T09:15:02+08:00")
"""The moment of the fixture `engine`."""
LOADED_AGAIN_AFTER = 150  # submissions: the engine keeps something of each


class EngineFailed(Exception):
    """The engine threw; its own sentence."""


@dataclass(frozen=True)
class Node:
    relevant: bool
    text: str | None
    """None: a group or a row."""


@dataclass(frozen=True)
class Found:
    problems: set[tuple[str, str]]
    """(JSON path, `required` or `constraint`)"""
    nodes: dict[str, Node]
    """by JSON path"""
    instance: str
    """The submission's XML as the engine would send it."""


class PhoneEngine:
    """Every moment is `now`, an ISO text, so that today() and now() mean the same here and there."""

    def __init__(self, now: str) -> None:
        environment = {**os.environ, "TZ": "Asia/Shanghai"}
        self._process = subprocess.Popen(
            ["node", HERE / "phone_engine.mjs", PHONE, now], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, encoding="utf-8"
        )
        self._form: dict = {}
        self._judged = 0

    def load(self, xform: str, files: Mapping[str, bytes] | None = None) -> None:
        self._form = {"xform": xform, "files": {name: content.decode("utf-8", "replace") for name, content in (files or {}).items()}}
        self._judged = 0
        self._ask(self._form)

    def fill(self, instance: str) -> Found:
        """What the engine makes of a submission that is opened again. Raises EngineFailed."""
        if self._judged >= LOADED_AGAIN_AFTER:
            self._ask(self._form)
            self._judged = 0
        self._judged += 1
        found = self._ask({"instance": instance})
        return Found(
            {(json_path(reference), condition) for reference, condition in found["violations"]},
            {json_path(reference): Node(*node) for reference, node in found["nodes"].items()},
            found["instance"],
        )

    def _ask(self, question: dict) -> dict:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise EngineFailed("the engine ended")
        answer = json.loads(line)
        if "failed" in answer:
            raise EngineFailed(answer["failed"])
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def json_path(reference: str) -> str:
    """/data/members[2]/name → /members/1/name."""
    return re.sub(r"\[(\d+)\]", lambda found: f"/{int(found[1]) - 1}", "/" + "/".join(reference.split("/")[2:]))
