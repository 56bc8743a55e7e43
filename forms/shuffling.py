"""randomize(): the same order for the same seed as ODK's engines give, so that a shuffled list can be told again at the centre."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any

from forms.conversions import number
from forms.moments import Clock

MODULO = 2_147_483_647
MULTIPLIER = 16_807  # Park and Miller's minimal standard


def shuffled(nodes: Sequence[Any], seed: float | str, clock: Clock) -> list[Any]:
    """A seed that is a text counts as its number; where it is none, as the text itself."""
    state = _start(number(seed, clock), seed) if isinstance(seed, str) else _start(seed, "")
    order: list[Any] = []
    for index, node in enumerate(nodes):
        state = state * MULTIPLIER % MODULO
        at = math.floor((state - 1) / (MODULO - 1) * (index + 1))
        order.append(node)
        if at != index:
            order[index] = order[at]
        order[at] = node
    return order


def _start(seed: float, text: str) -> int:
    if seed == seed:
        whole = (2**63 - 1 if seed > 0 else -(2**63)) if math.isinf(seed) else math.trunc(seed)
    else:
        whole = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], signed=True) if text else 0
    state = int(math.copysign(abs(whole) % MODULO, whole))
    return state + MODULO - 1 if state <= 0 else state
