"""Words stand in one file a language; a third language is a file."""

from pathlib import Path

import orjson
import pytest

from forms.messages import WORDS, spoken

FOLDERS = [WORDS, WORDS.parent.parent / "sync" / "words"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_each_language_says_everything(folder):
    files = {file.stem: orjson.loads(file.read_bytes()) for file in folder.glob("*.json")}
    assert {"zh", "en"} <= set(files)
    for words in files.values():
        assert {part: set(texts) for part, texts in words.items()} == {part: set(texts) for part, texts in files["en"].items()}
        assert all(text for texts in words.values() for text in texts.values())


def test_a_third_language_is_a_file_and_what_it_lacks_is_said_in_english(tmp_path: Path):
    (tmp_path / "en.json").write_text('{"problems": {"required": "This must be answered", "text": "Must be text"}}')
    (tmp_path / "de.json").write_text('{"problems": {"required": "Hier fehlt eine Antwort"}}')
    assert spoken(tmp_path, "problems") == {
        "required": {"de": "Hier fehlt eine Antwort", "en": "This must be answered"},
        "text": {"de": "Must be text", "en": "Must be text"},
    }
