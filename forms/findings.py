"""What a finding says at publishing, in every language we speak (words/); `{0}` is the thing itself."""

from __future__ import annotations

from forms.messages import WORDS, Message, spoken

MERGE_POLICIES = ("latest", "earliest", "max", "min", "union", "sum", "observed", "review")
PII_KINDS = ("name", "phone", "id", "address", "other")

_SENTENCES = spoken(WORDS, "findings")


def sentence(key: str, detail: str) -> Message:
    return {language: text.format(detail) for language, text in _SENTENCES[key].items()}
