"""`python -m server.office.translate`: gather every word of the office, bring each language's .po up to date, compile them.

`python -m server.office.translate de` begins a language. Words nobody has translated yet are named, and shown in English.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
TRANSLATIONS = HERE / "translations"
MAPPING = "[python: **.py]\n[jinja2: **/templates/**.html]\n"
KEYWORDS = ("later", "_", "gettext", "ngettext:1,2")


def main(languages: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        words = gather(Path(folder))
        for language in languages:
            if not (TRANSLATIONS / language).exists():
                babel("init", "-i", str(words), "-d", str(TRANSLATIONS), "-l", language)
        babel("update", "-i", str(words), "-d", str(TRANSLATIONS), "--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")
    babel("compile", "-d", str(TRANSLATIONS))
    for file in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        for word in untranslated(file):
            print(f"{file.parent.parent.name}: not translated yet: {word}")
    return 0


def gather(folder: Path) -> Path:
    """Every word that stands in the office's code and templates, as a template file in `folder`."""
    words, mapping = folder / "office.pot", folder / "babel.cfg"
    mapping.write_text(MAPPING, encoding="utf-8")
    marks = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    babel("extract", "-F", str(mapping), *marks, "--no-location", "--sort-output", "-o", str(words), str(HERE))
    return words


def untranslated(file: Path) -> list[str]:
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale=file.parent.parent.name)
    said = ((message.id, message.string) for message in catalogue if message.id)
    return [str(word if isinstance(word, str) else word[0]) for word, string in said if not (all(string) if isinstance(string, list | tuple) else string)]


def babel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "--quiet", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
