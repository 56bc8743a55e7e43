"""The commands for forms: `python -m flask --app wsgi forms …`.

check FILE…      everything that is wrong with a form, by sheet, row and column; exit code 1 when it cannot be published
preview FILE     the questions as an outline, and an address where the form can be tried as the phone shows it
publish FILE…    to all phones; all of those given, or none
diff OLD NEW     what changed between two versions, and what that means for answers collected before
answers FORM     all accepted answers, those of older versions mapped to the current one
list             the published versions
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError

from server import form_preview, form_publishing, form_reports
from server.errors import BadRequest, NotFound
from server.form_publishing import Source
from server.form_text import counted, difference_data, difference_lines, finding_data, findings_lines, outline
from server.form_trying import TRY_SECONDS_MAX, TryKept, try_token
from server.office.audit import note_export
from server.stores import stores
from server.terminal import clear_errors, say_table
from sync.store.models import Account, FormVersion

if TYPE_CHECKING:
    from forms.check import Publishable
    from forms.form import Form

forms_group = AppGroup("forms", help="Forms: check, try, publish, compare, list.")

_form_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_files_option = click.option(
    "--file",
    "beside",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that the form names, such as cities.csv.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on standard output.")


@forms_group.command("check", help="Say everything that is wrong with forms (.xlsx, .md). Exit code 1 when one cannot be published.")
@click.argument("files", nargs=-1, required=True, type=_form_file)
@_files_option
@_json_option
@clear_errors
def form_check(files: tuple[Path, ...], beside: tuple[Path, ...], as_json: bool) -> None:
    checked = _checked(files, _read(beside))
    if as_json:
        _say_json([_checked_data(file, one) for file, one in checked])
    else:
        for file, one in checked:
            _show(file, one)
    sys.exit(0 if all(one.form is not None for _, one in checked) else 1)


@forms_group.command("preview", help="Show a form's questions, and the address where it can be tried as the phone shows it. Nothing is published.")
@click.argument("file", type=_form_file)
@_files_option
@click.option("--as", "username", help="The account that keeps it for a week; the first administrator where not said.")
@click.option("--server", help="This server's address; its own host and port where not said.")
@clear_errors
def form_preview_command(file: Path, beside: tuple[Path, ...], username: str | None, server: str | None) -> None:
    given = _read(beside)
    [(_, checked)] = _checked((file,), given)
    if checked.form is None:
        _show(file, checked)
        sys.exit(1)
    for line in outline(checked.form):
        _say(line)
    _show(file, checked)
    if (account := _administrator(username)) is None:
        _say("It can be tried in a browser once there is an administrator: accounts add NAME --role administrator …")
        return
    kept = form_preview.keep(stores(), account, form_preview.Upload(file.name, file.suffix, file.read_bytes(), given))
    settings = stores().settings
    address = (server or f"http://{settings.host}:{settings.port}").rstrip("/")
    _say(f"Try it ({TRY_SECONDS_MAX // 3600} hours, while this server runs): {address}/app/try/{try_token(settings, TryKept(kept))}")


@forms_group.command("publish", help="Publish forms (.xlsx, .md) to all phones. All or none.")
@click.argument("files", nargs=-1, required=True, type=_form_file)
@_files_option
@_json_option
@clear_errors
def form_publish(files: tuple[Path, ...], beside: tuple[Path, ...], as_json: bool) -> None:
    given = _read(beside)
    checked = _checked(files, given)
    failed = [file.name for file, one in checked if one.form is None]
    if as_json and failed:
        _say_json([_checked_data(file, one) for file, one in checked])
    if failed:
        for file, unfit in [] if as_json else checked:
            _show(file, unfit)
        raise click.ClickException(f"Nothing was published. Mend the errors of {', '.join(failed)} and run this again.")
    published = form_publishing.publish(stores(), [_source(file, one, given) for file, one in checked], by=None)
    if as_json:
        _say_json([{"file": str(file), "form": one.form, "version": one.version, "new": one.is_new} for file, one in zip(files, published, strict=True)])
        return
    for file, one in zip(files, published, strict=True):
        if one.findings:
            _say("\n".join([f"{file.name}: {counted(one.findings)}", *findings_lines(one.findings)]))
        state = "published; phones get it with their next sync" if one.is_new else "was published already, unchanged"
        _say(f"{file.name}: {one.form} version {one.version} {state}.")


@forms_group.command("diff", help="What changed from OLD to NEW: files, published form:version, or form (its current one). ! marks what orphans answers.")
@click.argument("old")
@click.argument("new")
@_files_option
@click.option("--exit-code", "by_exit_code", is_flag=True, help="Exit code 1 when they differ.")
@_json_option
@clear_errors
def form_diff(old: str, new: str, beside: tuple[Path, ...], by_exit_code: bool, as_json: bool) -> None:
    from forms.differences import differences

    given = _read(beside)
    before, after = _form(old, given), _form(new, given)
    found = differences(before, after)
    if as_json:
        _say_json([difference_data(each) for each in found])
    else:
        for line in difference_lines(found):
            _say(line)
        orphans = sum(each.orphans for each in found)
        ending = f"; {orphans} leave answers collected before without a place in the new version (they stay with theirs)" if orphans else ""
        _say(f"{before.id} {before.version} → {after.id} {after.version}: {len(found) or 'no'} difference{'' if len(found) == 1 else 's'}{ending}.")
    sys.exit(1 if by_exit_code and found else 0)


@forms_group.command("answers", help="All accepted answers to FORM or FORM:VERSION, one JSON object a line; older ones mapped, what has no place under `lost`.")
@click.argument("form")
@clear_errors
def form_answers(form: str) -> None:
    name, _, version = form.partition(":")
    version = version or _current(name)
    form_publishing.load(stores(), name, version)  # an error before it is noted
    note_export(f"answers {name}", form_reports.records_in(stores(), name))
    count = lost = mapped = 0
    for row in form_reports.rows(stores(), name, version):
        count, lost, mapped = count + 1, lost + len(row.lost), mapped + (row.version != version)
        data = {"submission": row.submission, "version": row.version, "worker": row.worker, "area": row.area, "finished_at": row.finished_at}
        without_place = [{"path": each.path, "value": each.value, "reason": each.reason, "message": each.message} for each in row.lost]
        click.echo(json.dumps({**data, "answers": row.answers, "lost": without_place}, ensure_ascii=False))
    click.echo(f"{count} accepted, {mapped} of them mapped to version {version}; {lost} answers have no place in it.", err=True)


@forms_group.command("list", help="All published versions.")
@_json_option
@clear_errors
def form_list(as_json: bool) -> None:
    rows = stores().session.execute(
        select(FormVersion.form, FormVersion.version, FormVersion.audience, FormVersion.current, FormVersion.published_at, FormVersion.document).order_by(
            FormVersion.form, FormVersion.published_at
        )
    )
    found: list[dict[str, Any]] = [
        {
            "form": row.form,
            "version": row.version,
            "audience": row.audience,
            "current": row.current,
            "published_at": f"{row.published_at:%Y-%m-%dT%H:%M:%SZ}",
            "title": json.loads(row.document)["title"],
        }
        for row in rows
    ]
    if as_json:
        _say_json(found)
        return
    if not found:
        _say("No form is published. Publish one: forms publish FILE")
        return
    lines = [
        (
            each["form"],
            each["version"],
            each["audience"],
            "current" if each["current"] else "",
            each["published_at"][:16].replace("T", " "),
            " · ".join(dict.fromkeys(each["title"].values())),
        )
        for each in found
    ]
    say_table(("form", "version", "for", "", "published (UTC)", "title"), lines)


def _checked(files: Sequence[Path], given: dict[str, bytes]) -> list[tuple[Path, Publishable]]:
    """Against the published forms where there is a store; a designer may check forms without one."""
    sources = [Source(file.read_bytes(), file.suffix, given, file.name) for file in files]
    try:
        checked = form_publishing.check_all(stores(), sources)
    except (OperationalError, ProgrammingError):
        click.echo("The central store does not answer, so this was not compared with the published forms.", err=True)
        checked = form_publishing.check_all(None, sources)
    return list(zip(files, checked, strict=True))


def _show(file: Path, checked: Publishable) -> None:
    if checked.findings:
        _say("\n".join([f"{file.name}: {counted(checked.findings)}", *findings_lines(checked.findings)]))
    if checked.form is None:
        _say(f"{file.name} cannot be published. Mend the errors and check it again.")
    else:
        _say(f"{file.name}: {checked.form.id} version {checked.form.version} can be published.")


def _checked_data(file: Path, checked: Publishable) -> dict[str, Any]:
    form = checked.form
    return {
        "file": str(file),
        "publishable": form is not None,
        "form": form.id if form else None,
        "version": form.version if form else None,
        "findings": [finding_data(each) for each in checked.findings],
    }


def _source(file: Path, checked: Publishable, given: dict[str, bytes]) -> Source:
    """The form with those of the files that it names."""
    named = checked.form.questionnaire.files_named if checked.form else {}
    return Source(file.read_bytes(), file.suffix, {name: content for name, content in given.items() if name in named}, file.name)


def _read(beside: Iterable[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in beside}


def _form(said: str, given: dict[str, bytes]) -> Form:
    """A form by its file, by form:version, or by form alone."""
    if (file := Path(said)).is_file():
        [(_, checked)] = _checked((file,), given)
        if checked.form is None:
            _show(file, checked)
            raise BadRequest(f"{file.name} has errors, so it cannot be compared.")
        return checked.form
    form, _, version = said.partition(":")
    if not version:
        version = _current(form)
    try:
        return form_publishing.load(stores(), form, version)
    except NotFound as error:
        raise NotFound(f"{said} is neither a file nor a published form:version. `forms list` shows what is published.") from error


def _current(form: str) -> str:
    return stores().session.scalar(select(FormVersion.version).where(FormVersion.form == form, FormVersion.current)) or ""


def _administrator(username: str | None) -> str | None:
    """The id of the account that keeps what is previewed."""
    chosen = select(Account.id).where(Account.role == "administrator", Account.active).order_by(Account.id).limit(1)
    if username is not None:
        chosen = select(Account.id).where(Account.username == username, Account.active)
    found = stores().session.scalar(chosen)
    if found is None and username is not None:
        raise NotFound(f"There is no account {username}.")
    return found


def _say(line: str) -> None:
    # Colour on a terminal only, and not where people have asked for none: no-color.org
    click.echo(line, color=False if os.environ.get("NO_COLOR") else None)


def _say_json(data: Sequence[dict[str, Any]]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))
