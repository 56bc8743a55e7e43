"""The queue of held submissions, and every other list of submissions: the address bar is the query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from server.office import languages, shown
from server.office.audit import note
from server.office.counted import all_counts
from server.office.csv_export import csv_response
from server.office.record_lists import area_choices, chosen_area, counted_at, page_number
from server.office.signing import OFFICE, needs, reader
from server.stores import stores
from sync.store import reading_submissions as reading
from sync.store.reading_submissions import RULES, STATES, SubmissionQuery

NAME_CHARACTERS_MAX = 60
NAMES_CHARACTERS_MAX = 80
WORKERS_MAX = 300
"""More are not offered by name: an area is chosen first."""
ANY = "any"


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/submissions", "submissions", submissions)
    blueprint.add_url_rule("/submissions.csv", "submissions_csv", submissions_csv)


@needs(*OFFICE)
def submissions() -> str | AnyResponse:
    query = asked_for()
    connection = stores().session.connection()
    page = reading.submissions_page(connection, query)
    if page.number != query.page:
        return redirect(shown.page_address(page.number))
    workers = reading.workers_in(connection, (query.within, query.area), WORKERS_MAX + 1)
    everyone = _("Everyone")
    if len(workers) > WORKERS_MAX:
        everyone = _("Everyone (for one, choose an area first)")
        workers = [(query.worker, shown.worker_name(query.worker))] if query.worker else []
    return render_template(
        "office/submissions.html",
        query=query,
        page=page,
        counts=all_counts().submissions_by(("state",), query.within),
        counted_at=counted_at(),
        forms=[(form, shown.text(title)) for form, title in shown.catalogue().titles.items()],
        workers=workers,
        everyone=everyone,
        rules=RULES,
        reasons=reasons,
        area_choices=area_choices(),
        filtered=any(request.args.get(name) for name in ("form", "area", "worker", "rule", "today")),
    )


@needs(*OFFICE)
def submissions_csv() -> Response:
    query = asked_for()
    note("export", "submissions", query=request.query_string.decode("utf-8", "replace"))
    head = [_("Received"), _("State"), _("Form"), _("Version"), _("Area"), _("Surveyor"), _("Phone"), _("Finished"), _("Problems"), _("Submission id")]
    return csv_response(f"submissions-{languages.now():%Y-%m-%d-%H%M}.csv", head, _csv_rows(query))


def _csv_rows(query: SubmissionQuery) -> Iterator[list[str]]:
    for row in reading.submissions_all(stores().session.connection(), query):
        yield [
            languages.moment(row["received_at"]),
            shown.state_word(row["state"]),
            shown.form_title(row["form"]),
            row["version"] or "",
            shown.area_name(row["area"]),
            shown.worker_name(row["worker"]),
            row["device"] or "",
            languages.moment(row["finished_at"]),
            " | ".join(f"{each.get('path', '')} {shown.text(each.get('message'))}".strip() for each in row["problems"]),
            row["id"],
        ]


def asked_for() -> SubmissionQuery:
    """The query that the address asks for: held ones when it does not say. A value that means nothing is 400."""
    arguments = request.args
    state, rule, order = arguments.get("state") or "held", arguments.get("rule") or "", arguments.get("order") or "newest"
    if state not in (*STATES, ANY) or (rule and rule not in RULES) or order not in ("newest", "oldest"):
        abort(400, _("There is no such list."))
    return SubmissionQuery(
        within=reader().within,
        state="" if state == ANY else state,
        form=arguments.get("form", "")[:NAMES_CHARACTERS_MAX],
        area=chosen_area(),
        worker=arguments.get("worker", "")[:NAMES_CHARACTERS_MAX],
        rule=rule,
        since=languages.today_began() if arguments.get("today") == "1" else None,
        oldest_first=order == "oldest",
        page=page_number(),
    )


def reasons(row: Mapping[str, Any]) -> list[str]:
    """Why it is held, by question, each reason once."""
    return list(dict.fromkeys(reason(row, each) for each in row["problems"]))


def reason(row: Mapping[str, Any], problem: Mapping[str, Any]) -> str:
    words = shown.text(problem.get("message")) or str(shown.RULES.get(problem.get("rule", ""), problem.get("rule")))
    asked = shown.catalogue().at(row["form"], row["version"], str(problem.get("path") or ""))
    if asked and asked.label:
        return _("%(question)s: %(reason)s", question=shown.text(asked.label), reason=words)
    if problem.get("rule") == "unknown" and (name := str(problem.get("path") or "").rpartition("/")[2]):
        return _("%(question)s: %(reason)s", question=name[:NAME_CHARACTERS_MAX], reason=words)
    return words
