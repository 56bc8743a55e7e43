"""A file that is no form's workbook is told so in a sentence before anything reads it."""

import io
import zipfile

import openpyxl
import pytest

from forms.workbook import look
from forms.xlsform import FORM_BYTES_MAX


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label"])
    book.active.append(["text", "name", "姓名"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO(workbook())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def changed_inside(content: bytes) -> bytes:
    """A byte of the packed sheet is another one: the archive opens, and its checksum tells."""
    middle = content.index(b"xl/worksheets/sheet1.xml") + 60
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("source", "file_type", "says"),
    [
        (workbook(), ".xlsx", None),
        (b"| survey |", ".md", None),
        ("\ufeff类型,名称".encode(), ".csv", None),
        (workbook(), ".xlsm", "macros"),
        (with_part("xl/vbaProject.bin", b"Sub Auto_Open()"), ".xlsx", "macros"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"), ".xlsx", "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".xlsx", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".xls", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), ".xls", "macros"),
        (workbook(), ".xls", None),
        (b"x", ".xls", "broken"),
        (b"x", ".ods", "another program (.ods)"),
        (b"%PDF-1.7", ".pdf", "this is .pdf"),
        (b"x", "", "this is —"),
        (b"", ".xlsx", "empty"),
        (b" \n", ".md", "empty"),
        (b"x" * (FORM_BYTES_MAX + 1), ".xlsx", "more than 5 MB"),
        (b"not a zip", ".xlsx", "broken"),
        (workbook()[:-30], ".xlsx", "broken"),
        (changed_inside(workbook()), ".xlsx", "broken"),
        (zipped("word/document.xml", b"<x/>"), ".xlsx", "no workbook"),
        (with_part("xl/media/image1.png", bytes(61_000_000)), ".xlsx", "far larger"),
        (with_part("xl/sharedStrings2.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'), ".xlsx", "not written by a spreadsheet"),
        ("姓名".encode("gb18030"), ".csv", "UTF-8"),
        (b"PK\x03\x04\x00\x00", ".md", "no text file"),
    ],
)
def test_each_trouble_is_one_sentence_in_both_languages(source, file_type, says):
    said = look(source, file_type)
    if says is None:
        assert said is None
    else:
        assert says in said["en"]
        assert said["zh"] != said["en"]
        assert len(said["zh"]) > 4
