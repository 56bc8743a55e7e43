"""Which language a page is in, and dates and numbers as people write them there. Adding a language: one folder under translations/."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.numbers import format_decimal
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale, get_translations
from flask_babel import gettext as _
from flask_login import current_user

TRANSLATIONS = Path(__file__).parent / "translations"
SOURCE_LANGUAGE = "en"  # the words in templates and code
FIRST_LANGUAGE = "zh"
TIME_ZONE = ZoneInfo("Asia/Shanghai")  # one zone for the whole country
WRITTEN_AS_IT_IS_MAX = 999  # up to here a number has no separator
NUMBERS_KEPT_MAX = 10_000


def set_up(app: Flask) -> None:
    Babel(app, default_locale=FIRST_LANGUAGE, default_timezone=str(TIME_ZONE), locale_selector=choose, default_translation_directories=str(TRANSLATIONS))
    app.jinja_env.filters.update(moment=moment, second=second, day=day, clock_time=clock_time, number=number)
    app.jinja_env.globals.update(languages=languages, language=language, ngettext=ngettext)


def languages() -> dict[str, str]:
    """Code to own name, of every language that the office speaks; Chinese first."""
    found = {SOURCE_LANGUAGE, *(folder.parent.name for folder in TRANSLATIONS.glob("*/LC_MESSAGES"))}
    names = {code: Locale.parse(code).get_language_name(code) or code for code in sorted(found, key=lambda code: (code != FIRST_LANGUAGE, code))}
    return {code: name.capitalize() for code, name in names.items()}


def choose() -> str:
    """By the switch, then by the account, then by what the browser asks for, then Chinese."""
    known = list(languages())
    if not has_request_context():
        return FIRST_LANGUAGE
    wished = session.get("language") or (current_user.language if current_user and current_user.is_authenticated else None)
    if wished in known:
        return wished
    return request.accept_languages.best_match(known) or FIRST_LANGUAGE


def language() -> str:
    """The page's language, e.g. "zh"."""
    locale = get_locale()
    return locale.language if locale else FIRST_LANGUAGE


def moment(at: datetime | str | None) -> str:
    """2月3日 09:12; with the year when it is not this one. Times in the store are UTC without a zone."""
    local = _local(at)
    if local is None:
        return "—"
    pattern = _("d MMM HH:mm") if local.year == now().year else _("d MMM y HH:mm")
    return babel_datetime(local, pattern, tzinfo=TIME_ZONE, locale=language())


def second(at: datetime | str | None) -> str:
    """As `moment`, to the second: 2月3日 09:12:44."""
    local = _local(at)
    return "—" if local is None else f"{moment(at)}{local:%S}".replace(f"{local:%H:%M}{local:%S}", f"{local:%H:%M:%S}")


def day(at: date | str | None) -> str:
    """2月3日, with the year when it is not this one."""
    if at is None:
        return "—"
    if isinstance(at, str):
        try:
            at = date.fromisoformat(at[:10])
        except ValueError:
            return str(at)
    return babel_date(at, _("d MMM") if at.year == now().year else _("d MMM y"), locale=language())


def clock_time(at: datetime | str | None) -> str:
    local = _local(at)
    return f"{local:%H:%M}" if local else "—"


def number(count: int | str) -> str:
    """How many, as people read it: 624,000. What is text already stays; ids and years are no such number. A page has hundreds, so a small one costs nothing."""
    if isinstance(count, str) or abs(count) <= WRITTEN_AS_IT_IS_MAX:
        return str(count)
    return _written(count, language())


@lru_cache(NUMBERS_KEPT_MAX)
def _written(count: int, language: str) -> str:
    return format_decimal(count, locale=language)


def ngettext(one: str, many: str, num: int, **more: object) -> str:
    """As Flask-Babel's, with the number as people read it."""
    words: str = get_translations().ungettext(one, many, num)
    return words % {"num": number(num), **more}


def now() -> datetime:
    return datetime.now(TIME_ZONE)


def today_began() -> datetime:
    """Local midnight as the store keeps times: UTC, without a zone."""
    return now().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC).replace(tzinfo=None)


def days_until(text: str | None) -> timedelta | None:
    try:
        return date.fromisoformat(text[:10]) - now().date() if text else None
    except ValueError:
        return None


def _local(at: datetime | str | None) -> datetime | None:
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            return None
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(TIME_ZONE)
