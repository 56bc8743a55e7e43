"""The commands: `python -m flask --app wsgi …`. Each parses, calls what does the work, and says in a line what happened."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from server import accounts, doctor
from server.area_documents import publish_areas
from server.ending import Ending, end
from server.form_commands import forms_group
from server.linkage_commands import linkage_group
from server.provision import provide_area, provide_forms, provide_worker
from server.record_commands import records_group
from server.stores import stores
from server.supervise import serve
from server.terminal import clear_errors, say_table
from server.worker import run_worker
from sync.store.models import Account, Area, Assignment, Device
from sync.store.upgrading import is_behind, upgrade

accounts_group = AppGroup("accounts", help="People who sign in.")
areas_group = AppGroup("areas", help="The tree of areas.")
devices_group = AppGroup("devices", help="Phones that signed in.")
worker_group = AppGroup("worker", help="The merge worker.")
store_group = AppGroup("store", help="The central store.")
demo_group = AppGroup("demo", help="The demo organisation.")
# How `devices list` says that a phone was signed out
ENDED: dict[str, str] = {
    Ending.SIGNED_OUT: "signed out",
    Ending.HAND_IN: "revoked, has not handed in yet",
    Ending.HANDED_IN: "revoked, has handed in",
    Ending.AT_ONCE: "revoked at once",
}


def register(app: Flask) -> None:
    for group in (accounts_group, areas_group, forms_group, records_group, devices_group, linkage_group, worker_group, store_group, demo_group):
        app.cli.add_command(group)
    app.cli.add_command(assign_command)
    app.cli.add_command(unassign_command)
    app.cli.add_command(doctor_command)
    app.cli.add_command(serve_command)


# Serving


@click.command("serve", help="Run the web processes and the merge worker, and keep them running.")
@with_appcontext
@clear_errors
def serve_command() -> None:
    serve(stores().settings)


@worker_group.command("run", help="Follow the feeds, merge, publish; until told to end. `serve` runs this.")
@clear_errors
def worker_run() -> None:
    with stores().store.reading() as connection:
        is_behind(connection)  # a newer store is refused
    run_worker(stores())


@store_group.command("upgrade", help="Bring the central store to this version's tables.")
@clear_errors
def store_upgrade() -> None:
    done = upgrade(stores().settings.database_url, lambda progress: click.echo(str(progress)))
    click.echo("The central store was brought to this version." if done else "The central store is at this version already.")


@demo_group.command("load", help="Load the demo organisation into an empty store.")
@click.option("--if-empty", is_flag=True, help="Do nothing, and say nothing, when the store is not empty.")
@clear_errors
def demo_load(if_empty: bool) -> None:
    from server import demo  # forms are compiled: slow to import

    demo.load(stores(), if_empty=if_empty, say=click.echo)


@click.command("doctor", help="Look at every part and say what is wrong. Exit code 1 when something is.")
@with_appcontext
@clear_errors
def doctor_command() -> None:
    findings = doctor.examine(stores())
    for finding in findings:
        click.echo(f"{'ok  ' if finding.well else 'FAIL'} {finding.what}")
    sys.exit(0 if all(finding.well for finding in findings) else 1)


# People


@accounts_group.command("add", help="A new account. Asks for the password, or reads it from standard input.")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=click.Choice(accounts.ROLES))
@click.option("--language", default="zh", type=click.Choice(accounts.LANGUAGES), show_default=True)
@click.option("--area", "areas", multiple=True, help="Assign to this area; may be given several times.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@clear_errors
def account_add(username: str, name: str, role: str, language: str, areas: tuple[str, ...], password_stdin: bool) -> None:
    password = _ask_password(password_stdin)
    session = stores().writing_session()
    account = accounts.add_account(session, username, name, role, password, language)
    for area in areas:
        accounts.assign(session, account, area)
    accounts.record_event(session, None, "added account", account.id, by="command", role=role)
    account_id = account.id
    if role in accounts.PHONE_ROLES:
        provide_worker(stores().databases, account_id)
    publish_areas(session)
    session.commit()
    click.echo(f"Added {username} ({account_id}), {role}.")


@accounts_group.command("password", help="A new password. Phones that are signed in with this account must sign in again.")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@clear_errors
def account_password(username: str, password_stdin: bool) -> None:
    password = _ask_password(password_stdin)
    session = stores().writing_session()
    account = accounts.account_by_username(session, username)
    phones = accounts.set_password(session, account, password)
    accounts.record_event(session, None, "set password", account.id, by="command")
    session.commit()
    click.echo(f"{username} has a new password; {phones} phones must sign in again.")


@accounts_group.command("deactivate", help="Close an account. What it sent stays.")
@click.argument("username")
@clear_errors
def account_deactivate(username: str) -> None:
    session = stores().writing_session()
    account = accounts.account_by_username(session, username)
    phones = accounts.deactivate(session, account)
    accounts.record_event(session, None, "closed account", account.id, by="command")
    session.commit()
    click.echo(f"{username} is closed; {phones} phones were signed out.")


@accounts_group.command("list", help="All accounts and their areas.")
@clear_errors
def account_list() -> None:
    session = stores().session
    areas: dict[str, list[str]] = {}
    for row in session.scalars(select(Assignment).where(Assignment.until.is_(None)).order_by(Assignment.area)):
        areas.setdefault(row.account, []).append(row.area)
    rows = [
        (account.id, account.username, account.name, account.role, "" if account.active else "closed", " ".join(areas.get(account.id, [])))
        for account in session.scalars(select(Account).order_by(Account.id))
    ]
    say_table(("id", "user name", "name", "role", "", "areas"), rows)


@click.command("assign", help="From now on USERNAME answers for AREA. A leader assigned to a community answers for its grids.")
@click.argument("username")
@click.argument("area")
@with_appcontext
@clear_errors
def assign_command(username: str, area: str) -> None:
    session = stores().writing_session()
    account = accounts.account_by_username(session, username)
    accounts.assign(session, account, area)
    accounts.record_event(session, None, "assigned", account.id, by="command", area=area)
    publish_areas(session)
    session.commit()
    click.echo(f"{username} answers for {area} from now on; the phone learns of it at its next sync.")


@click.command("unassign", help="From now on USERNAME no longer answers for AREA.")
@click.argument("username")
@click.argument("area")
@with_appcontext
@clear_errors
def unassign_command(username: str, area: str) -> None:
    session = stores().writing_session()
    account = accounts.account_by_username(session, username)
    accounts.unassign(session, account, area)
    accounts.record_event(session, None, "unassigned", account.id, by="command", area=area)
    publish_areas(session)
    session.commit()
    click.echo(f"{username} no longer answers for {area}.")


# Areas


@areas_group.command("add", help="A new area, for example: areas add g0311 --level grid --under c03 --zh 第一网格 --en 'Grid 1'")
@click.argument("area")
@click.option("--level", required=True, type=click.Choice(accounts.LEVELS))
@click.option("--under", help="The area above it.")
@click.option("--zh", required=True, help="Its name in Chinese.")
@click.option("--en", required=True, help="Its name in English.")
@click.option("--place", help="The area within which its addresses are told apart; a grid's is its community unless said otherwise.")
@clear_errors
def area_add(area: str, level: str, under: str | None, zh: str, en: str, place: str | None) -> None:
    session = stores().writing_session()
    accounts.add_area(session, area, level, zh, en, under, place)
    accounts.record_event(session, None, "added area", area, by="command")
    provide_forms(stores().databases)
    if level in accounts.LEVELS_WITH_RECORDS:
        provide_area(stores().databases, area)
    publish_areas(session)
    session.commit()
    click.echo(f"Added {area}, a {level}.")


@areas_group.command("list", help="All areas, as a tree.")
@clear_errors
def area_list() -> None:
    below: dict[str | None, list[Area]] = {}
    for area in stores().session.scalars(select(Area).order_by(Area.id)):
        below.setdefault(area.parent, []).append(area)

    def show(parent: str | None, depth: int) -> None:
        for area in below.get(parent, []):
            click.echo(f"{'  ' * depth}{area.id}  {area.name_zh}  {area.name_en}  ({area.level})")
            show(area.id, depth + 1)

    show(None, 0)


# Phones


@devices_group.command("list", help="Phones that signed in, by account.")
@clear_errors
def device_list() -> None:
    rows = [
        (device.id, username, device.app or "", f"{device.last_seen_at:%Y-%m-%d %H:%M}", _ended(device))
        for device, username in stores().session.execute(select(Device, Account.username).join(Account, Account.id == Device.account).order_by(Device.id))
    ]
    say_table(("device", "account", "app", "last seen (UTC)", ""), rows)


@devices_group.command("revoke", help="Sign a phone out for good: it hands in what it has not sent, then clears itself. Stolen: --at-once.")
@click.argument("device")
@click.option("--at-once", is_flag=True, help="It clears itself without handing in: what it has not sent is lost. Also after a revoke without this.")
@clear_errors
def device_revoke(device: str, at_once: bool) -> None:
    session = stores().writing_session()
    row = session.get(Device, device)
    if row is None:
        raise click.ClickException(f"There is no device {device}.")
    if row.revoked_at is not None and not (at_once and row.ending == Ending.HAND_IN):
        raise click.ClickException(f"{device} was revoked on {row.revoked_at:%Y-%m-%d %H:%M} UTC already.")
    end(row, Ending.AT_ONCE if at_once else Ending.HAND_IN)
    accounts.record_event(session, None, "revoked device", device, by="command", at_once=at_once)
    session.commit()
    minutes = -(-stores().settings.token_seconds // 60)
    click.echo(
        f"{device} was signed out; what access it still holds ends within {minutes} minutes. When it next reaches the server it "
        + ("clears itself; what it has not sent is lost." if at_once else "hands in what it has not sent and clears itself.")
    )


def _ended(device: Device) -> str:
    return "" if device.revoked_at is None else ENDED.get(device.ending or "", "revoked")


def _ask_password(from_stdin: bool) -> str:
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not stores().settings.demo:
        accounts.check_password_rules(password)
    return password
