"""Ids: a household's is derived from its door, so that two phones offline meet in one record; all others are ULIDs.

No id holds a name, phone number or address that someone could read. Cases shared with TypeScript: tests/data/household_ids.json.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata

from ulid import ULID

HOUSEHOLD_KEY_BYTES = 32
KEY_LENGTH = 26

# What JavaScript's trim() takes away. Python's strip() differs in a few control characters, and ids must not.
_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def household_id(key: bytes, place: str, building: str, unit: str, room: str, ordinal: int = 1) -> str:
    """`household:` and 26 characters of base32: the same door gives the same id on every phone of this deployment.

    `place` is the area that addresses are told apart in; `ordinal` is 1 unless another family lives, or lived, behind the same door.
    """
    door = "|".join(unicodedata.normalize("NFKC", part).strip(_BLANKS) for part in (place, building, unit, room, str(ordinal)))
    digest = hmac.new(key, door.encode(), hashlib.sha256).digest()
    return "household:" + base64.b32encode(digest).decode().lower()[:KEY_LENGTH]


def ulid() -> str:
    """A new id that sorts by the time it was made: 26 characters of Crockford's base32."""
    return str(ULID())
