"""A list as CSV that Excel opens rightly: UTF-8 with a mark, streamed, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Response, stream_with_context

BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CHUNK_CHARACTERS = 32_768


def csv_response(name: str, head: list[str], rows: Iterable[list[str]]) -> Response:
    return Response(
        stream_with_context(csv_text(head, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"},
    )


def csv_text(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    buffer = io.StringIO()
    buffer.write(BYTE_ORDER_MARK)
    writer = csv.writer(buffer)
    writer.writerow([safe(cell) for cell in head])
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if buffer.tell() >= CHUNK_CHARACTERS:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def safe(cell: str) -> str:
    """A leading apostrophe makes a spreadsheet take the cell as text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
