"""How words and values look on a page: bilingual words, choices by label, dates, positions, states with their icon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from babel.numbers import format_decimal
from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from markupsafe import Markup

from server.office import languages
from server.office.questions import Catalogue, Question
from server.office.signing import reader
from server.stores import stores
from sync.ledger import CENTRE
from sync.store import reading
from sync.store.facets import FEVER_CELSIUS

NUMBER_FORMATTED_MAX = 1e15  # a held answer may be 1e308, which is shown as it came
VALUE_CHARACTERS_MAX = 2_000
SHORT_CHARACTERS_MAX = 80

# icon and word of every state: never by colour alone
SUBMISSION_STATES = {
    "held": ("file-warning", "warn", later("Held")),
    "accepted": ("circle-check", "good", later("Accepted")),
    "returned": ("corner-down-left", "warn", later("Returned")),
    "rejected": ("circle-x", "bad", later("Rejected")),
    "superseded": ("copy", "calm", later("Superseded")),
    "duplicate": ("copy", "calm", later("Duplicate")),
}
RECORD_STATES = {
    "done": ("circle-check", "good", later("Surveyed")),
    "call_back": ("phone-call", "warn", later("Call back")),
    "nobody_home": ("door-closed", "warn", later("Nobody home")),
    "refused": ("circle-x", "bad", later("Refused")),
    "sealed_or_moved": ("lock", "calm", later("Sealed or moved")),
    "not_found": ("circle-help", "warn", later("Door not found")),
    "no_respondent": ("door-closed", "warn", later("Nobody able to answer")),
    "unsafe_no_access": ("circle-help", "warn", later("No access, or unsafe")),
    "moved_out": ("lock", "calm", later("Moved out")),
    "locked_lives_elsewhere": ("lock", "calm", later("Locked, lives elsewhere")),
    "never": ("circle-dashed", "calm", later("Never visited")),
    "again": ("phone-call", "warn", later("To call back, all")),
    "open": ("shield", "warn", later("In quarantine")),
    "over": ("clock", "warn", later("Past its planned end")),
    "released": ("shield-check", "good", later("Released")),
}
# Of the kinds that carry a `status`; the form's own words come first.
STATUS = {
    "open": ("circle-dashed", "warn", later("Open")),
    "doing": ("clock", "warn", later("Being dealt with")),
    "claimed": ("user", "warn", later("Taken on")),
    "solved": ("circle-check", "good", later("Solved")),
    "delivered": ("circle-check", "good", later("Delivered")),
    "cancelled": ("circle-x", "calm", later("Cancelled")),
    "on_duty": ("clock", "good", later("On duty")),
    "ended": ("circle-check", "calm", later("Ended")),
    "valid": ("circle-check", "good", later("Valid")),
    "returned": ("corner-down-left", "calm", later("Handed back")),
    "passed": ("circle-check", "good", later("In order")),
    "problems": ("triangle-alert", "warn", later("Something to put right")),
}
HEALTH_CODES = {"green": "good", "yellow": "warn", "red": "bad"}
KINDS = {
    "household": later("Household"),
    "person": later("Person"),
    "quarantine_case": later("Case"),
    "problem": later("Problem"),
    "service_request": later("Service request"),
    "duty_shift": later("Shift"),
    "premises": later("Premises"),
    "pass": later("Pass"),
    "visit": later("Visit"),
}
RULES = {
    "envelope": later("Envelope is incomplete"),
    "form": later("Unknown form"),
    "version": later("Unknown form version"),
    "worker": later("Unknown worker"),
    "area": later("Not assigned to this area"),
    "type": later("Wrong type of answer"),
    "choice": later("Not one of the choices"),
    "required": later("Required answer is missing"),
    "constraint": later("Answer out of range"),
    "relevant": later("Should not have been asked"),
    "count": later("Wrong number of entries"),
    "unknown": later("Unknown question"),
    "conflict": later("Two versions of one submission"),
    "chain": later("What it corrects is not here yet"),
}
DECISIONS = {
    "accept": later("accepted"),
    "reject": later("rejected"),
    "return": later("returned to the phone"),
    "reopen": later("reopened"),
    "rejudge": later("judged it again"),
    "force": later("let it in without the one it corrects"),
}
# Calculated properties have no question of their own to be named by.
PROPERTY_NAMES = {
    "visited_at": later("Last visit"),
    "member_count": later("People"),
    "vulnerable_count": later("People who need special care"),
    "fever_count": later("People with fever"),
    "household": later("Household"),
    "person": later("Person"),
    "ends_on": later("Planned end"),
    "kind": later("Kind"),
    "name": later("Name"),
    "first_contact_at": later("First contact"),
    "morning_at": later("Morning temperature taken"),
    "evening_at": later("Evening temperature taken"),
    "seal_at": later("Seal inspected"),
    "ends_on_before": later("Planned end before that"),
    "premises": later("Premises"),
}
# What forms calculate has no choices to be named by: yes and no, and how something stands.
CALCULATED = {"yes": later("Yes"), "no": later("No"), "released": RECORD_STATES["released"][2], **{code: state[2] for code, state in STATUS.items()}}
RECORD_ID = re.compile(rf"({'|'.join(KINDS)}):[0-9A-Za-z]{{26}}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def set_up(app: Flask) -> None:
    app.jinja_env.filters.update(text=text, shown=value, area_name=area_name, area_path=area_path, worker_name=worker_name)
    app.jinja_env.globals.update(
        icon=icon,
        page_address=page_address,
        address=address,
        catalogue=catalogue,
        form_title=form_title,
        field_name=field_name,
        SUBMISSION_STATES=SUBMISSION_STATES,
        KINDS=KINDS,
        RULES=RULES,
        DECISIONS=DECISIONS,
    )
    app.jinja_env.globals.update(state_words=state_words, submission_badge=submission_badge, zip=zip)
    app.jinja_env.globals.update(state_badge=state_badge, code_badge=code_badge, is_fever=is_fever, FEVER=FEVER_CELSIUS)


def page_address(number: int) -> str:
    """The address of another page of the list that is shown."""
    arguments = {**request.args.to_dict(), **(request.view_args or {}), "page": number}
    return address(request.endpoint or "office.overview", **arguments)


def address(endpoint: str, **arguments: Any) -> str:
    """url_for with whatever the query held: names that url_for keeps for itself (_scheme, _external …) are dropped."""
    return url_for(endpoint, **{name: value for name, value in arguments.items() if not name.startswith("_")})


def text(words: Mapping[str, str] | str | None) -> str:
    """The words in the reader's language, else in any there is."""
    if isinstance(words, str) or not words:
        return str(words or "")
    return words.get(languages.language()) or next((each for each in words.values() if each), "")


def icon(name: str, label: str = "") -> Markup:
    """An icon from the sprite; it speaks only when it stands alone."""
    address = _asset("vendor/icons.svg")
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(spoken, address, name)


def value(answer: Any, question: Question | None = None) -> str:
    """One value as a person reads it; whatever it is, never an exception: held answers can be anything."""
    if answer is None or answer == "" or answer == []:
        return "—"
    kind = question.type if question else ""
    if isinstance(answer, list):
        return _("; ").join(value(each, question) for each in answer)
    if isinstance(answer, bool):
        return _("yes") if answer else _("no")
    if question and str(answer) in question.choices:
        return text(question.choices[str(answer)])
    if kind == "calculate" and isinstance(answer, str) and answer in CALCULATED:
        return str(CALCULATED[answer])
    if isinstance(answer, str) and RECORD_ID.fullmatch(answer):
        return record_label(answer)
    if isinstance(answer, Mapping):
        return _position(answer) if kind == "geopoint" or "latitude" in answer else str(dict(answer))[:VALUE_CHARACTERS_MAX]
    if isinstance(answer, str) and (kind == "dateTime" or (kind != "text" and MOMENT.match(answer))):
        return languages.moment(answer) if _is_moment(answer) else answer
    if isinstance(answer, str) and (kind == "date" or (kind != "text" and DAY.fullmatch(answer))):
        return languages.day(answer)
    if isinstance(answer, float) and abs(answer) < NUMBER_FORMATTED_MAX:
        return format_decimal(answer, locale=languages.language())
    return str(answer)[:VALUE_CHARACTERS_MAX]


def short(words: str) -> str:
    """So much of a value as a sentence has room for. Toasts travel in a cookie, which browsers drop without a word where it is too large, its undo with it."""
    return words if len(words) <= SHORT_CHARACTERS_MAX else words[: SHORT_CHARACTERS_MAX - 1] + "…"


def record_label(record: str) -> str:
    """What another record is called, as far as the reader may know. One that is not there goes by its id."""
    return known_label(record) or (record if reader().within is None else _("a record in an area that is not yours"))


def known_label(record: str) -> str | None:
    learn_labels([record])
    return g.labels[record]


def learn_labels(records: Iterable[str]) -> None:
    """What these records are called, in one look, for pages that name many."""
    if "labels" not in g:
        g.labels = {}
    new = {each for each in records if each not in g.labels}
    if new:
        g.labels |= dict.fromkeys(new) | reading.labels(stores().session.connection(), sorted(new), reader().within)


def property_name(kind: str, name: str, form: str | None = None) -> str:
    asked = catalogue().of_property(kind, name, form)
    if asked is not None and asked.label:
        return text(asked.label)
    return str(PROPERTY_NAMES.get(name, name))


def field_name(words: Mapping[str, str] | None, name: str) -> str:
    """A question's words; a calculated field has none and goes by the name of its property."""
    return text(words) or str(PROPERTY_NAMES.get(name, name))


def state_words(kind: str, state: str | None) -> tuple[str, str, str]:
    """(icon, tone, word) of a record's state; the form's own words where it has some."""
    if kind in ("household", "visit"):
        known = RECORD_STATES.get(state or "never")
    else:
        known = RECORD_STATES.get(state or "open") if kind == "quarantine_case" else STATUS.get(state or "")
    asked = "outcome" if kind in ("household", "visit") else "status"
    if state is not None and (kind, state) != ("household", "done") and (words := catalogue().choices_of(kind, asked).get(state)):
        return (known or ("circle", "calm", ""))[0], (known or ("circle", "calm", ""))[1], text(words)
    if known:
        return known[0], known[1], str(known[2])
    return "circle", "calm", state or "—"


def state_word(state: str) -> str:
    return str(SUBMISSION_STATES[state][2]) if state in SUBMISSION_STATES else state


def state_of(row: Mapping[str, Any]) -> str | None:
    """A case has no state of its own: it is in quarantine until its planned end, and then waits for its release."""
    if row["kind"] == "quarantine_case" and row["state"] is None:
        return "over" if row["ends_on"] and row["ends_on"] < languages.now().date().isoformat() else "open"
    return row["state"]


def state_badge(row: Mapping[str, Any]) -> Markup:
    return badge(*state_words(row["kind"], state_of(row)))


def submission_badge(state: str) -> Markup:
    name, tone, word = SUBMISSION_STATES.get(state, ("circle", "calm", state))
    return badge(name, tone, str(word))


def badge(name: str, tone: str, word: str) -> Markup:
    return Markup('<span class="badge {}">{}{}</span>').format(tone, icon(name), word)


def code_badge(code: str | None) -> Markup | str:
    """A health code with its word; green is no news and stays plain."""
    if not code:
        return ""
    words = text(catalogue().choices_of("person", "health_code").get(code)) or code
    tone = HEALTH_CODES.get(code, "calm")
    if tone == "good":
        return words
    return badge({"bad": "triangle-alert", "warn": "triangle-alert"}.get(tone, "circle"), tone, words)


def is_fever(temperature: Any) -> bool:
    return isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature >= FEVER_CELSIUS


def catalogue() -> Catalogue:
    """The published forms, read once a request: a handful of documents."""
    if "catalogue" not in g:
        connection = stores().session.connection()
        versions = reading.form_versions(connection)
        documents = (form_document(form, version) for form, version, _current in versions)
        g.catalogue = Catalogue(document for document in documents if document)
    return g.catalogue


def form_title(form: str | None) -> str:
    return text(catalogue().titles.get(form or "")) or form or "—"


def areas() -> dict[str, dict[str, Any]]:
    if "areas" not in g:
        g.areas = reading.areas(stores().session.connection())
    return g.areas


def area_name(area_id: str | None) -> str:
    area = areas().get(area_id or "")
    return text({"zh": area["name_zh"], "en": area["name_en"]}) if area else area_id or "—"


def area_path(area_id: str | None) -> str:
    """From the top down: 咸宁市 › 温泉街道 › …"""
    names: list[str] = []
    while area_id and area_id in areas() and len(names) < len(areas()):
        names.insert(0, area_name(area_id))
        area_id = areas()[area_id]["parent"]
    return " › ".join(names)


def worker_name(account_id: str | None) -> str:
    if "workers" not in g:
        g.workers = {**reading.account_names(stores().session.connection()), CENTRE: _("The centre")}
    return g.workers.get(account_id or "", account_id or "—")


_documents: dict[tuple[str, str | None, str | None], dict[str, Any]] = {}


def form_document(form: str | None, version: str | None) -> dict[str, Any] | None:
    """A published version never changes, so it is parsed once a process (told apart by store: tests have many)."""
    key = (str(stores().session.get_bind().url), form, version)  # type: ignore[union-attr]
    if key not in _documents:
        found = reading.form_document(stores().session.connection(), form or "", version or "")
        if found is None:
            return None
        _documents[key] = found
    return _documents[key]


def _asset(name: str) -> str:
    return current_app.jinja_env.globals["asset"](name)  # type: ignore[operator]


def _position(answer: Mapping[str, Any]) -> str:
    try:
        around = f"±{float(answer['accuracy']):.0f} m" if answer.get("accuracy") is not None else ""
        return f"{float(answer['latitude']):.5f}, {float(answer['longitude']):.5f} {around}".strip()
    except (KeyError, TypeError, ValueError):
        return str(dict(answer))[:VALUE_CHARACTERS_MAX]


def _is_moment(answer: str) -> bool:
    try:
        datetime.fromisoformat(answer)
    except ValueError:
        return False
    return True
