"""Whether two records are one: what is compared of a record, by which keys candidates are found, what speaks for and against. Pure.

No store, clock or HTTP: sync/suggestions.py keeps profiles and keys. For a sceptical reader, with worked examples: docs/linkage.md.
"""

from sync.linkage.compare import Comparison, compare
from sync.linkage.keys import KEY_RECORDS_MAX, keys
from sync.linkage.profile import KINDS, Profile, profile

__all__ = ["KEY_RECORDS_MAX", "KINDS", "Comparison", "Profile", "compare", "keys", "profile"]
