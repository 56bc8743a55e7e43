"""Reads an XLSForm (Markdown, .xlsx, .csv) and compiles it with pyxform to an XForm that carries our own columns too.

    sheets = read(Path("forms/catalogue/household_survey.md"))
    xform = compile_xform(sheets)

What is ours travels in the namespace NAMESPACE, so that the XForm alone is the whole form:

* the columns `keep`, `merge`, `pii`, `prefill`, `save_to` and `usual` become attributes of the question's `<bind>`;
* the sheets `entities` and `schedule`, our settings and the title by language become one `<doorstep:form>` in the `<model>`;
* the label of a calculation, which no control shows, becomes an attribute of its `<bind>` for each language;
* a question of type `hidden`, which a program fills in, becomes an input with the appearance `hidden`: ODK's engine lets nobody set a node that has no control.

pyxform never sees `entities` and `save_to`: see docs/decisions/0010-entities-in-our-namespace.md. `python -m forms.xlsform FILE` prints the XForm.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lxml import etree

from forms import for_phone, headers, or_other
from forms.sheets import Row, Sheet, Sheets
from forms.translations import in_every_language

NAMESPACE = "https://doorstep.example/xforms"
XFORMS = "http://www.w3.org/2002/xforms"
PREFIX = "doorstep"

FILE_TYPES = (".md", ".xlsx", ".xls", ".csv")
OUR_COLUMNS = ("keep", "merge", "pii", "prefill", "save_to", "usual")
SLOT_COLUMNS = ("name", "kind", "field", "set", "from", "until", "grace_minutes", "starts", "ends")
"""Of the sheet `schedule`, beside the label."""
SCHEDULE = "schedule"
PYXFORMS_SHEETS = ("survey", "choices", "settings", "external_choices", "osm", "entities")
OUR_SETTINGS = ("audience", "field_of_work", "mode", "starts_from", "starts_new")
MODES = ("register",)
"""How the phone shows a form, where not screen by screen. `register`: one screen, and after saving the next form at once."""
FIELDS_OF_WORK = ("monitoring", "entry", "reporting", "publicity", "environment", "help", "services")
"""The areas of the national guideline on software for this work (民办发〔2020〕5号), in its order; menus stand in it."""
LAST_SAVED = "${last-saved#"
NEVER_SHOWN = {
    "hidden", "calculate", "start", "end", "today", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid", "audit",
    "start-geopoint", "background-audio", "background-geopoint", "csv-external", "xml-external", "imei",
}  # fmt: skip
FORM_BYTES_MAX = 5_000_000


class UnreadableForm(Exception):
    """The source is no XLSForm at all, or pyxform refuses it; the text is pyxform's own sentence."""


def read(source: Path | str | bytes, file_type: str | None = None) -> Sheets:
    """The sheets of a form. A path gives its own file type; text and bytes need one of FILE_TYPES."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import get_xlsform

    if isinstance(source, Path):
        file_type = file_type or source.suffix
        source = source.read_bytes()
    content = source.encode() if isinstance(source, str) else source
    if len(content) > FORM_BYTES_MAX:
        raise UnreadableForm(f"a form has {FORM_BYTES_MAX} bytes at most, this has {len(content)}")
    if file_type not in FILE_TYPES:
        raise UnreadableForm(f"a form is one of {', '.join(FILE_TYPES)}, not {file_type!r}")
    if file_type in (".xlsx", ".xls"):
        # What a workbook is goes by how it begins: many an older one has been given the newer name.
        file_type = ".xlsx" if content.startswith(b"PK") else ".xls"
    try:
        of_csv = _sheets_of_csv(content) if file_type == ".csv" else {}
        if any(name.lower() == SCHEDULE for name in of_csv):  # pyxform fails over a CSV with a sheet that it does not know
            content = _as_csv({name: rows for name, rows in of_csv.items() if name.lower() in PYXFORMS_SHEETS})
        definition = get_xlsform(content, file_type=file_type)
    except PyXFormError as error:
        raise UnreadableForm(str(error)) from error
    except Exception as error:  # broken zip, XML or encodings surface from pyxform as a dozen unrelated kinds
        raise UnreadableForm(f"the file cannot be read as {file_type}: {error}") from error

    def sheet(name: str, rows: Iterable[dict[str, str]] | None, header: Iterable[dict] | None) -> Sheet:
        names = headers.columns(name, (str(column) for columns in header or () for column in columns))
        cells = [Row(number, {names[str(k)]: str(v) for k, v in row.items() if v is not None}) for number, row in enumerate(rows or (), start=2)]
        return Sheet(list(names.values()), [row for row in cells if row.cells])

    return Sheets(
        survey=sheet("survey", definition.survey, definition.survey_header),
        choices=sheet("choices", definition.choices, definition.choices_header),
        settings=sheet("settings", definition.settings, definition.settings_header),
        entities=sheet("entities", definition.entities, definition.entities_header),
        names=[str(name) for name in definition.sheet_names or ()],
        schedule=sheet("schedule", *_rows_of_schedule(content, file_type, [*(definition.sheet_names or ()), *of_csv], of_csv)),
    )


def _rows_of_schedule(content: bytes, file_type: str, names: Iterable[str], of_csv: dict[str, list[list[str]]]) -> tuple[Any, Any]:
    """pyxform leaves out the sheets that it does not know, but one that is alone in its file it reads as a survey."""
    from pyxform.xls2json_backends import get_xlsform

    name = next((str(name) for name in names if str(name).lower() == SCHEDULE), None)
    if name is None:
        return None, None
    if file_type in (".csv", ".xls"):
        content, file_type = _as_csv({"survey": of_csv[name] if of_csv else _rows_of_xls(content, name)}), ".csv"
    else:
        content = _only_sheet(content, file_type, name)
    alone = get_xlsform(content, file_type=file_type)
    return alone.survey, alone.survey_header


def _rows_of_xls(content: bytes, name: str) -> list[list[str]]:
    import xlrd

    book = xlrd.open_workbook(file_contents=content)

    def text(cell: Any) -> str:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return "{3:02}:{4:02}".format(*xlrd.xldate_as_tuple(cell.value, book.datemode))
        return str(int(cell.value)) if cell.ctype == xlrd.XL_CELL_NUMBER and cell.value == int(cell.value) else str(cell.value)

    return [["", *map(text, row)] for row in book.sheet_by_name(name).get_rows()]


def _sheets_of_csv(content: bytes) -> dict[str, list[list[str]]]:
    """A CSV has its sheets one below the other, each after a row with its name in the first column."""
    sheets: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        if row and row[0].strip():
            rows = sheets.setdefault(row[0].strip(), [])
        elif row:
            rows.append(row)
    return sheets


def _as_csv(sheets: dict[str, list[list[str]]]) -> bytes:
    written = io.StringIO()
    for name, rows in sheets.items():
        csv.writer(written).writerows([[name], *rows])
    return written.getvalue().encode()


def _only_sheet(content: bytes, file_type: str, name: str) -> bytes:
    """The file with this one of its sheets."""
    if file_type == ".xlsx":
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(content))
        for other in set(book.sheetnames) - {name}:
            del book[other]
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()
    kept, is_kept = [], False
    for line in content.decode("utf-8-sig").splitlines():
        first = line.strip().removeprefix("|").partition("|")[0].strip()
        if first:
            is_kept = first.lower() == name.lower()
        if is_kept:
            kept.append(line)
    return "\n".join(kept).encode()


def compile_xform(sheets: Sheets, warnings: list[str] | None = None) -> str:
    """The XForm of these sheets; pyxform's warnings are added to `warnings`. Raises UnreadableForm with pyxform's sentence where it refuses them."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    language = sheets.language
    survey, choices = in_every_language(sheets)
    titles = by_language(sheets.setting, "form_title", sheets.settings.columns, language) or {language: sheets.setting("form_id")}
    settings = {
        key: value for key, value in (sheets.settings.rows[0].cells if sheets.settings.rows else {}).items() if "::" not in key and key not in OUR_SETTINGS
    }
    settings["form_title"] = titles.get(language) or next(iter(titles.values()))
    settings["namespaces"] = f'{settings.get("namespaces", "")} {PREFIX}="{NAMESPACE}"'.strip()
    settings["default_language"] = language
    workbook = {
        "survey": _padded(survey.rows, lambda row: _for_pyxform(row, survey.columns)),
        "survey_header": [{name: None for column in [*survey.columns, "appearance"] for name in (_renamed(column), _label_of_calculation(column))}],
        "choices": _padded(choices.rows, lambda row: dict(row.cells)),
        "choices_header": [dict.fromkeys(choices.columns)] if choices.columns else [],
        "settings": [settings],
        "settings_header": [dict.fromkeys(settings)],
        "sheet_names": ["survey", "choices", "settings"],
    }
    try:
        # The root of a submission is called `data`, whatever the file was called.
        converted = convert(workbook, validate=False, form_name="data", warnings=warnings)
    except PyXFormError as error:
        raise UnreadableForm(str(error)) from error
    except Exception as error:  # pyxform fails with KeyError and the like on some broken sheets; they are the author's to mend all the same
        raise UnreadableForm(f"{type(error).__name__}: {error}") from error
    try:
        return _with_our_form(converted.xform, sheets, titles)
    except etree.XMLSyntaxError as error:  # names of columns and lists become names of elements
        raise UnreadableForm(f"The form does not become XML, because of a name that cannot be one: {error}") from error


def by_language(read_cell, column: str, columns: Iterable[str], language: str) -> dict[str, str]:
    """`label::zh`, `label::en` as {"zh": …, "en": …}; a bare `label` is in `language`."""
    texts = {}
    for name in columns:
        base, _, named = name.partition("::")
        if base == column and (text := read_cell(name)):
            texts[named or language] = text
    return texts


def parse_xml(text: str | bytes) -> etree._Element:
    """XML from outside: no entities resolved, no network, no DTD, no huge trees."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True)
    root = etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type declaration is not accepted")
    return root


def _renamed(column: str) -> str:
    return f"bind::{PREFIX}:{column}" if column in OUR_COLUMNS else column


def _for_pyxform(row: Row, columns: Iterable[str]) -> dict[str, str]:
    cells = {_renamed(column): value for column, value in row.cells.items()}
    if cells.get("type", "").strip() == "hidden":
        # A question with a control must have a label; nobody sees this one.
        labels = {column: cells.get("name", "") for column in columns if column.partition("::")[0].strip() == "label"}
        cells = {**labels, **cells, "type": "text", "appearance": "hidden"}
    elif cells.get("type", "").strip() == "calculate":
        # A calculation has no control, so pyxform would drop its label; the office shows it.
        cells = {_label_of_calculation(column): value for column, value in cells.items()}
    if not cells.get("calculation") and is_asked(row) and not any(text for column, text in row.cells.items() if column.partition("::")[0] in headers.TEXTS):
        # pyxform refuses a question that shows nothing; its name is better than none of the form.
        cells |= {column: row.get("name") for column in columns if column.partition("::")[0] == "label"} or {"label": row.get("name")}
    if LAST_SAVED in cells.get("default", ""):
        # What another submission said is not filled in here; a record's own value is, by the column prefill.
        del cells["default"]
    return cells


def is_asked(row: Row) -> bool:
    """Whether a row is a question that people see: no group, calculation or metadata."""
    kind = "_".join(row.get("type").lower().split())
    return (
        bool(kind and row.get("name")) and kind not in NEVER_SHOWN and not kind.startswith(("begin", "end_", "include")) and row.get("appearance") != "hidden"
    )


def _label_of_calculation(column: str) -> str:
    base, _, language = column.partition("::")
    return f"bind::{PREFIX}:label_{language}" if base == "label" and language else column


def _padded(rows: Iterable[Row], cells) -> list[dict[str, str]]:
    """pyxform counts rows by position: rows that were empty must stay in the count, or its findings name the wrong one."""
    padded: list[dict[str, str]] = []
    for row in rows:
        padded.extend({} for _ in range(row.number - 2 - len(padded)))
        padded.append(cells(row))
    return padded


def _with_our_form(xform: str, sheets: Sheets, titles: dict[str, str]) -> str:
    root = parse_xml(xform)
    model = root.find(f".//{{{XFORMS}}}model")
    if model is None:
        raise UnreadableForm("pyxform gave no model")
    for_phone.rewrite(root)
    or_other.translate(root)
    ours = etree.SubElement(model, f"{{{NAMESPACE}}}form", nsmap={PREFIX: NAMESPACE})
    ours.set("audience", sheets.setting("audience") or "phone")
    for column in ("field_of_work", "mode", "starts_from"):
        if said := sheets.setting(column):
            ours.set(column, said)
    if sheets.setting("starts_new").lower() in ("yes", "true", "true()"):
        ours.set("starts_new", "yes")
    for language, title in titles.items():
        etree.SubElement(ours, f"{{{NAMESPACE}}}title", lang=language).text = title
    for row in sheets.entities.rows:
        entity = etree.SubElement(ours, f"{{{NAMESPACE}}}entity", kind=row.get("list_name"), id=row.get("entity_id"))
        for language, label in by_language(row.get, "label", sheets.entities.columns, sheets.language).items():
            etree.SubElement(entity, f"{{{NAMESPACE}}}label", lang=language).text = label
    for row in sheets.schedule.rows:
        slot = etree.SubElement(ours, f"{{{NAMESPACE}}}slot", {column: row.get(column) for column in SLOT_COLUMNS if row.get(column)})
        for language, label in by_language(row.get, "label", sheets.schedule.columns, sheets.language).items():
            etree.SubElement(slot, f"{{{NAMESPACE}}}label", lang=language).text = label
    return '<?xml version="1.0"?>\n' + etree.tostring(root, encoding="unicode")


if __name__ == "__main__":
    sys.stdout.write(compile_xform(read(Path(sys.argv[1]))) + "\n")
