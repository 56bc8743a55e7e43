"""What problems and findings say where the form gives no message of its own: one file a language in a folder `words/`."""

from __future__ import annotations

from pathlib import Path

import orjson

Message = dict[str, str]


def spoken(folder: Path, part: str) -> dict[str, Message]:
    """The texts of one part by key, then by language (the file's name): a language is added by adding its file.

    English must have every key; what another language lacks is said in English.
    """
    files = {file.stem: orjson.loads(file.read_bytes())[part] for file in sorted(folder.glob("*.json"))}
    return {key: {language: texts.get(key, text) for language, texts in files.items()} for key, text in files["en"].items()}


WORDS = Path(__file__).parent / "words"
DEFAULTS: dict[str, Message] = spoken(WORDS, "problems")


def default(name: str, languages: tuple[str, ...]) -> Message:
    """The default in each language of the form; English where we do not speak it."""
    texts = DEFAULTS[name]
    return {language: texts.get(language, texts["en"]) for language in languages} or dict(texts)
