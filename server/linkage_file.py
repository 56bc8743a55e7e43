"""A file of people as `flask linkage evaluate` reads it, and the pairs in it that may be one.

Candidates are joined by SQLite in a temporary file, so that a large file needs disk and not memory; the people themselves are held.
"""

from __future__ import annotations

import codecs
import csv
import io
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Any, NamedTuple

from sync.linkage import KEY_RECORDS_MAX, Comparison, Profile, compare, keys, profile
from sync.linkage.differences import differences
from sync.linkage.words import in_words

FILE_BYTES_MAX = 256 * 1024 * 1024
COLUMNS = ("id", "name", "sex", "birth_date", "phone", "id_number", "area", "building", "unit", "room")
TRUTH_COLUMNS = ("person", "kind")
DIVIDERS = ",;\t"
"""Between columns: of CSV, of CSV where commas stand in numbers, of Excel's Unicode text."""
ROWS_A_TRANSACTION = 50_000
FIELD_CHARACTERS_MAX = 10_000
ROWS_OF_A_PERSON_MAX = 500
WRITTEN_BITS_MIN = -5.0
"""Pairs below are not written: one in thirty at best is one person."""
ENCODING_SAMPLE_BYTES = 4 * 1024 * 1024


class UnfitFile(Exception):
    """The file cannot be read; the text says to its owner what to do."""


class Unread(NamedTuple):
    """How many values of a column say something that is not understood, and the line of the first: they count as if nobody had answered."""

    values: int
    first_line: int


@dataclass(frozen=True)
class People:
    """`profiles` in the order of the file; with a column `person` also who each is, and with `kind` what happened to it. `unread` by column."""

    profiles: list[Profile]
    persons: list[str] | None
    kinds: list[str] | None
    unread: dict[str, Unread]


def read(path: Path) -> People:
    """Raises UnfitFile."""
    if not path.is_file():
        raise UnfitFile(f"{path} is no file on a disk, and it is read twice: first for how it is written. Save it in a file.")
    if (size := path.stat().st_size) > FILE_BYTES_MAX:
        raise UnfitFile(
            f"{path.name} has {size / 1e6:,.0f} MB; at most {FILE_BYTES_MAX // 1024**2} MB (about two million people) are compared at once. "
            "Divide it, for example by district."
        )
    profiles: list[Profile] = []
    seen: dict[str, int] = {}
    unread: dict[str, Unread] = {}
    with _opened(path) as file:
        line = 1
        try:
            reader = _reader(file)
            head = [_column(cell) for cell in next(reader, [])]
            at = _columns(path, head)
            persons: list[str] | None = [] if "person" in at else None
            kinds: list[str] | None = [] if "kind" in at else None
            while (line := reader.line_num + 1) and (cells := next(reader, None)) is not None:
                if not any(cells):
                    continue
                if any(cells[len(head) :]):
                    raise UnfitFile(
                        f"{path.name}, line {line}: there are {len(cells)} values for {len(head)} columns. "
                        "One that has a comma in it needs quotation marks around it."
                    )
                value = {name: cells[place].strip() if place < len(cells) else "" for name, place in at.items()}
                if not (id := value["id"]):
                    raise UnfitFile(f"{path.name}, line {line}: there is no id. Each person needs one.")
                if id in seen:
                    raise UnfitFile(f"{path.name}, line {line}: the id {id} stands in line {seen[id]} too. Each id may stand once.")
                seen[id] = line
                profiles.append(profile_of(value))
                for column in _not_understood(value, profiles[-1]):
                    before = unread.get(column, Unread(0, line))
                    unread[column] = before._replace(values=before.values + 1)
                if persons is not None:
                    persons.append(value["person"])
                if kinds is not None:
                    kinds.append(value["kind"])
        except csv.Error as error:
            hint = f" A quotation mark opens there and does not close before line {reader.line_num}." if reader.line_num > line else ""
            raise UnfitFile(f"{path.name}, line {line}: this is no line of a CSV file ({error}).{hint}") from error
        except UnicodeError as error:
            raise UnfitFile(_encoding_sentence(path)) from error
    if not profiles:
        raise UnfitFile(f"{path.name} has a head and nobody below it.")
    most = max(Counter(filter(None, persons or ())).values(), default=0)
    if most > ROWS_OF_A_PERSON_MAX:
        raise UnfitFile(f"The column person has the same value in {most:,} rows; at most {ROWS_OF_A_PERSON_MAX} rows of one person are judged.")
    return People(profiles, persons, kinds, unread)


def candidate_pairs(profiles: list[Profile]) -> Iterator[tuple[int, int]]:
    """Places of two that share a key, each pair once, the lesser first. Keys that too many share are left out, as in the store."""
    with TemporaryDirectory(prefix="linkage-") as folder:
        connection = sqlite3.connect(Path(folder) / "keys.sqlite", isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -65536")
            connection.execute("CREATE TABLE keys (key INTEGER, person INTEGER)")
            for rows in _batches(_keys(profiles)):
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO keys VALUES (?, ?)", rows)
                connection.execute("COMMIT")
            connection.execute("CREATE INDEX by_key ON keys (key, person)")
            connection.execute("CREATE TABLE usual AS SELECT key FROM keys GROUP BY key HAVING count(*) BETWEEN 2 AND ?", (KEY_RECORDS_MAX,))
            yield from connection.execute(
                "SELECT DISTINCT a.person, b.person FROM usual JOIN keys a ON a.key = usual.key JOIN keys b ON b.key = usual.key AND b.person > a.person"
            )
        except sqlite3.OperationalError as error:
            raise UnfitFile(f"The candidates could not be joined in {gettempdir()} ({error}). Is there room? Another folder may be named by TMPDIR.") from error
        finally:
            connection.close()


def compared(profiles: list[Profile]) -> Iterator[tuple[int, int, Comparison]]:
    for one, other in candidate_pairs(profiles):
        yield one, other, compare(profiles[one], profiles[other])


@dataclass(frozen=True)
class Quality:
    """Of the true pairs of one kind (a pair that differs in two ways counts in both) how many were suggested. Precision: of all that was suggested,
    how much is true; a wrong pair has no kind, so only the sum of all has one."""

    kind: str
    pairs: int
    found: int
    precision: float | None = None

    @property
    def recall(self) -> float | None:
        return self.found / self.pairs if self.pairs else None


@dataclass(frozen=True)
class Outcome:
    """`quality`: of all, then by kind; nothing where the file does not say who is who."""

    compared: int
    suggested: int
    quality: list[Quality]


def evaluate(people: People, pairs_file: Path, language: str = "zh") -> Outcome:
    """Writes left, right, score, suggested (1 or 0) and why for each pair from WRITTEN_BITS_MIN on. Until all are written, the file is as it was."""
    profiles, count, suggested, rightly = people.profiles, 0, 0, 0
    found: set[tuple[int, int]] = set()
    with whole_or_not(pairs_file) as file:
        writer = csv.writer(file)
        writer.writerow(["left", "right", "score", "suggested", "why"])
        for one, other, comparison in compared(profiles):
            count += 1
            if comparison.score < WRITTEN_BITS_MIN:
                continue
            why = ("；" if language == "zh" else "; ").join(in_words(comparison.reasons, language))
            writer.writerow([profiles[one].id, profiles[other].id, f"{comparison.score:.2f}", int(comparison.suggested), why])
            if comparison.suggested:
                suggested += 1
                if people.persons is not None and people.persons[one] and people.persons[one] == people.persons[other]:
                    rightly += 1
                    found.add((one, other))
    quality = _quality(people, found, suggested, rightly) if people.persons is not None else []
    return Outcome(count, suggested, quality)


def true_pairs(people: People) -> Iterator[tuple[int, int]]:
    """Places of two rows that are one person, by the column `person`; rows without one are nobody's."""
    by_person: dict[str, list[int]] = {}
    for place, person in enumerate(people.persons or ()):
        if person:
            by_person.setdefault(person, []).append(place)
    for places in by_person.values():
        yield from combinations(places, 2)


def _quality(people: People, found: set[tuple[int, int]], suggested: int, rightly: int) -> list[Quality]:
    pairs: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for pair in true_pairs(people):
        kinds = _kinds_of(people, *pair)
        pairs.update(kinds)
        pairs["all"] += 1
        if pair in found:
            hits.update(kinds)
            hits["all"] += 1
    whole = Quality("all", pairs["all"], hits["all"], rightly / suggested if suggested else None)
    return [whole, *(Quality(kind, pairs[kind], hits[kind]) for kind in sorted(pairs) if kind != "all")]


def _kinds_of(people: People, one: int, other: int) -> list[str]:
    """What the file says in its column `kind`, of both rows; without one, how the two differ."""
    if people.kinds is not None:
        said = f"{people.kinds[one]} {people.kinds[other]}".split()
        return list(dict.fromkeys(said)) or ["not said"]
    return differences(people.profiles[one], people.profiles[other])


def _keys(profiles: list[Profile]) -> Iterator[tuple[int, int]]:
    for place, each in enumerate(profiles):
        for key in keys(each):
            yield int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True), place


def _batches(rows: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    batch: list[tuple[int, int]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_A_TRANSACTION:
            yield batch
            batch = []
    if batch:
        yield batch


def profile_of(value: dict[str, str]) -> Profile:
    fields = {name: {"value": value[name]} for name in ("name", "sex", "birth_date", "phone", "id_number") if value.get(name)}
    around = {name: value.get(name, "") for name in ("building", "unit", "room")} | {"place": value.get("area", "")}
    return profile("person", value["id"], fields, around) or Profile("person", value["id"])


def _not_understood(value: dict[str, str], read: Profile) -> list[str]:
    """Only of who is compared at all: whoever has neither name nor number is not."""
    said = {"birth_date": read.born, "sex": read.sex, "phone": read.phones, "id_number": read.id_number}
    return [column for column, taken in said.items() if (read.name or read.id_number) and value.get(column) and not taken]


@contextmanager
def whole_or_not(path: Path) -> Iterator[IO[str]]:
    """Beside its place until it is whole, so that what stopped in the middle is never taken for all of it. A pipe or a terminal is written as it comes."""
    if path.exists() and not path.is_file():
        with path.open("w", newline="", encoding="utf-8") as file:
            yield file
        return
    path = path.resolve()
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _reader(file: IO[str]) -> Any:
    """Of what the first line is divided by. Strictly: a quotation mark that never closes would swallow everybody below it."""
    first = file.readline()
    divider = max(DIVIDERS, key=first.count)  # the first of those that stand there as often
    return csv.reader(chain([first], file), delimiter=divider, strict=True)


def _column(cell: str) -> str:
    return cell.strip().lstrip("\ufeff").lower()


def _columns(path: Path, head: list[str]) -> dict[str, int]:
    at = {name: place for place, name in enumerate(head) if name in COLUMNS + TRUTH_COLUMNS}
    if "id" not in at:
        found = ", ".join(head[:12]) or "nothing"
        raise UnfitFile(f"{path.name} has no column id. Its first line has: {found}. The columns are {', '.join(COLUMNS)}; any but id may be left out.")
    if doubled := [name for name in at if head.count(name) > 1]:
        raise UnfitFile(f"{path.name} has the column {doubled[0]} twice: which of them counts?")
    if len(at) == 1:
        raise UnfitFile(f"{path.name} has a column id and nothing to compare. The columns are {', '.join(COLUMNS)}.")
    return at


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """As UTF-8, with or without its mark, UTF-16 as Excel's Unicode text, or GB 18030 (GBK) as Excel saves CSV in China."""
    with path.open("rb") as raw:
        start = raw.read(ENCODING_SAMPLE_BYTES)
        raw.seek(0)
        if b"\0" in start[:4096] and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnfitFile(f"{path.name} is no text: it may be an Excel workbook. Save it as CSV UTF-8.")
        csv.field_size_limit(FIELD_CHARACTERS_MAX)
        with io.TextIOWrapper(raw, encoding=_encoding(path, start), newline="") as file:
            yield file


def _encoding(path: Path, start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(start)
            return encoding
        except UnicodeDecodeError:
            continue
    raise UnfitFile(_encoding_sentence(path))


def _encoding_sentence(path: Path) -> str:
    line = max(_first_line_not_in(path, encoding) for encoding in ("utf-8", "gb18030"))
    return f"{path.name} is written neither in UTF-8 nor in GBK: line {line} cannot be read. Save it as CSV UTF-8 (in Excel: Save as, CSV UTF-8)."


def _first_line_not_in(path: Path, encoding: str) -> int:
    with path.open("rb") as raw:
        number = 0
        for number, line in enumerate(raw, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return number
