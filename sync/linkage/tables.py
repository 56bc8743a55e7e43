"""The tables of linkage, as JSON in tables/, so that the phone reads the very same: names, look-alike characters, weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson


def table(name: str) -> Any:
    return orjson.loads((Path(__file__).parent / "tables" / f"{name}.json").read_bytes())
