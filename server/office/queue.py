"""The queue: what needs a person, in order of harm, with the chosen item beside it. The address is the query, and a decision leads to the next item."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from server.office import languages, queue_items, queue_words, shown
from server.office.audit import note
from server.office.record_lists import area_choices, chosen_area
from server.office.signing import OFFICE, needs, reader
from server.stores import stores
from sync.store import reading_queue as reading
from sync.store.reading_queue import NOBODY, SOMEONE, SORTS, Item, NoSuchPlace, QueueQuery
from sync.store.reading_submissions import RULES

FILTERS = ("sort", "area", "kind", "form", "rule", "assigned", "since")
SINCE_DAYS = {"today": 0, "week": 7, "month": 30}
SINCE_WORDS = {"today": later("Waiting since today"), "week": later("Waiting for up to 7 days"), "month": later("Waiting for up to 30 days")}
KINDS = ("household", "person", "quarantine_case", "visit", "premises", "problem", "service_request", "duty_shift", "pass")
NAMES_CHARACTERS_MAX = 80
PLACE_CHARACTERS_MAX = 500
MINE = "me"


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/queue", "queue", queue)


@needs(*OFFICE)
def queue() -> str:
    query = asked_for()
    connection = stores().session.connection()
    try:
        page = reading.queue_page(connection, query)
    except NoSuchPlace:
        abort(400, _("There is no such list."))
    wanted = request.args.get("item", "")
    item = next((each for each in page.items if each.id == wanted), None) or (reading.queue_item(connection, wanted, query.within) if wanted else None)
    gone = queue_items.gone(wanted) if wanted and item is None else ""
    item = item or next(iter(page.items), None)
    here = address_of(item.id if item else "")
    following = _following(page.items, item, page.after)
    queue_words.learn_doors(page.items)
    text = render_template(
        "office/queue.html",
        page=page,
        query=query,
        counts={**page.counts, **_elsewhere(connection, query)},
        sorts=queue_words.SORT_WORDS,
        listed=[(each, queue_words.said(each), address_of(each.id)) for each in page.items],
        chosen=item,
        is_wanted=bool(wanted),
        gone=gone,
        **(queue_items.panel(item, here, following) if item else {}),
        here=here,
        more=address_of("", after=page.after) if page.after else "",
        first=shown.address("office.queue", **_kept()) if query.after else "",
        to_list=address_of(""),
        back_of_several=address_of(""),
        one_of=queue_words.ONE_OF,
        colleagues=reading.office_people(connection),
        address_of_sort=lambda sort: shown.address("office.queue", **{**_kept(), "sort": sort or None}),
        area_choices=area_choices(),
        forms=[(form, shown.text(title)) for form, title in shown.catalogue().titles.items()],
        kinds=[(kind, str(shown.KINDS[kind])) for kind in KINDS],
        rules=[(rule, str(shown.RULES[rule])) for rule in RULES],
        people=[(MINE, _("Mine")), (NOBODY, _("Nobody's")), (SOMEONE, _("Somebody's")), *colleagues()],
        sinces=[(name, str(words)) for name, words in SINCE_WORDS.items()],
        filtered=any(request.args.get(name) for name in FILTERS),
    )
    if item:
        for subject in queue_items.subjects(item):
            note("view", subject)
    return text


def asked_for() -> QueueQuery:
    """The queue that the address asks for. A value that means nothing is 400."""
    arguments = request.args
    sort, rule, kind, since = (arguments.get(name) or "" for name in ("sort", "rule", "kind", "since"))
    if sort not in ("", *SORTS) or rule not in ("", *RULES) or kind not in ("", *KINDS) or since not in ("", *SINCE_DAYS):
        abort(400, _("There is no such list."))
    assigned = arguments.get("assigned", "")[:NAMES_CHARACTERS_MAX]
    return QueueQuery(
        within=reader().within,
        sort=sort,
        area=chosen_area(),
        kind=kind,
        form=arguments.get("form", "")[:NAMES_CHARACTERS_MAX],
        rule=rule,
        assigned=reader().id if assigned == MINE else assigned,
        since=languages.today_began() - timedelta(days=SINCE_DAYS[since]) if since else None,
        after=arguments.get("after", "")[:PLACE_CHARACTERS_MAX],
    )


def address_of(item: str, **more: str) -> str:
    """This queue, with another item or another place."""
    place = {"after": request.args.get("after")} if not more else {}
    return shown.address("office.queue", **{**_kept(), **{name: value for name, value in {**place, "item": item, **more}.items() if value}})


def _elsewhere(connection: Any, query: QueueQuery) -> dict[Any, int]:
    """How many wait of the sorts that are not open, with these filters."""
    found: dict[Any, int] = {}
    for sort in SORTS if query.sort else ():
        if sort != query.sort:
            found |= reading.counts(connection, replace(query, sort=sort))
    return found


def _kept() -> dict[str, Any]:
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def _following(items: list[Item], item: Item | None, after: str) -> str:
    """Where to go once this item is done: to the one below it, else to the one above, else on."""
    ids = [each.id for each in items]
    if item is None or item.id not in ids:
        return address_of("")
    place = ids.index(item.id)
    if place + 1 < len(ids):
        return address_of(ids[place + 1])
    if after:
        return address_of("", after=after)
    return address_of(ids[place - 1]) if place else url_for("office.queue", **_kept())


def colleagues() -> list[tuple[str, str]]:
    """Who can look after something in the queue: (account, name)."""
    return [(each["id"], each["name"]) for each in reading.office_people(stores().session.connection())]
