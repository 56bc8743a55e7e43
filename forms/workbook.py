"""Looks at a form's file before anything reads it: what is no workbook at all, could do harm, or would fill the memory is said in a sentence.

look(b"PK…", ".xlsx")   # None, or a sentence in each language: {"zh": …, "en": "This workbook holds macros. Save it as .xlsx without them."}
"""

from __future__ import annotations

import io
import zipfile
import zlib

from forms.messages import WORDS, Message, spoken
from forms.xlsform import FILE_TYPES, FORM_BYTES_MAX

UNPACKED_BYTES_MAX = 60_000_000
PARTS_MAX = 2_000
SHEET_PART = "xl/workbook.xml"
MACROS = "vbaproject.bin"
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # how files of Excel before 2007 begin, and workbooks with a password
OLD_WITHOUT_BOX = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")  # older still: the sheet's records alone
LOCKED = "EncryptedPackage".encode("utf-16-le")
MACROS_OF_OLD = "_VBA_PROJECT".encode("utf-16-le")
DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
HEAD_BYTES = 4_096
LATER_TYPES = {".xlsm": "macros", ".ods": "other_sheets", ".numbers": "other_sheets", ".et": "other_sheets"}

_SENTENCES = spoken(WORDS, "workbook")


def look(source: bytes, file_type: str) -> Message | None:
    """Why this file cannot be read as a form; None when there is no reason yet."""
    key = _trouble(source, file_type)
    return None if key is None else {language: text.format(file_type or "—", FORM_BYTES_MAX // 1_000_000) for language, text in _SENTENCES[key].items()}


def _trouble(source: bytes, file_type: str) -> str | None:
    if file_type not in FILE_TYPES:
        return LATER_TYPES.get(file_type, "type")
    if not source.strip():
        return "empty"
    if len(source) > FORM_BYTES_MAX:
        return "large"
    if file_type in (".xlsx", ".xls"):
        return _of_workbook(source) if source.startswith(b"PK") or (file_type == ".xlsx" and not source.startswith(OLD_OR_LOCKED)) else _of_old_workbook(source)
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "encoding"
    return "characters" if "\0" in text else None


def _of_old_workbook(source: bytes) -> str | None:
    """Most forms of other people are still in this format, some of them called .xlsx: read, but never run."""
    if LOCKED in source:
        return "locked"
    if not source.startswith((OLD_OR_LOCKED, *OLD_WITHOUT_BOX)):
        return "broken"
    return "macros" if MACROS_OF_OLD in source else None


def _of_workbook(source: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            parts = archive.infolist()
            # The sizes that the archive states: zipfile reads no more of a part than it states.
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
                return "bomb"
            names = [part.filename for part in parts]
            if any(name.lower().endswith(MACROS) for name in names):
                return "macros"
            if SHEET_PART not in names:
                return "no_workbook"
            for part in parts:
                with archive.open(part) as file:
                    head = file.read(HEAD_BYTES)
                    if part.filename.endswith((".xml", ".rels")) and any(each in head for each in DECLARATIONS):
                        return "declarations"
                    while file.read(1 << 20):
                        pass  # to its end: zipfile then compares the checksum
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError, zlib.error):
        return "broken"
    return None
