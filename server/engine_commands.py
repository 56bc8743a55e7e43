"""`flask engine …`: moving everything between the embedded sync engine and Apache CouchDB, and beginning anew after a restore."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from server.area_documents import publish_areas
from server.commands import clear_errors
from server.migrate import ENGINES, begin_anew, migrate, name_of, nobody_serves, opened
from server.provision import provide_what_waits
from server.stores import stores
from sync.clock import utc_now
from sync.couchdb.errors import CouchError, CouchUnavailable
from sync.engine import Engine
from sync.engine.errors import EngineError
from sync.publish_again import publish_again

INTERRUPTED = 130

engine_group = AppGroup("engine", help="The sync engine.")


def register(app: Flask) -> None:
    app.cli.add_command(engine_group)


@engine_group.command("restored", help="After the databases' folder was put back from a copy: let every phone and client compare again from the start.")
@clear_errors
def engine_restored() -> None:
    databases = stores().databases
    if isinstance(databases, Engine):
        databases.begin_anew()
        uuid = databases.uuid
    else:
        with nobody_serves(stores().settings.data):
            try:
                uuid = begin_anew(stores().settings.couchdb_url, stores().store)
            except (CouchUnavailable, CouchError) as error:
                raise click.ClickException(str(error)) from error
    session = stores().writing_session()
    publish_areas(session)
    session.commit()
    waiting = publish_again(stores().store, databases, utc_now())
    provide_what_waits(stores().store, databases)
    click.echo(f"Every client compares again from the start. The server's uuid is {uuid} now.")
    click.echo(f"The merge worker publishes {waiting} forms, records and receipts again, in case the copy lacks them.")


@engine_group.command(
    "migrate", help="Move everything to another engine, and compare. Run it again to go on after an interruption. Exit code 1 when something differs."
)
@click.option("--from", "source", required=True, type=click.Choice(ENGINES))
@click.option("--to", "target", required=True, type=click.Choice(ENGINES))
@clear_errors
def engine_migrate(source: str, target: str) -> None:
    if source == target:
        raise click.ClickException("There is nothing to move: --from and --to are the same.")
    settings = stores().settings
    click.echo(f"From {name_of(settings, source) if settings.couchdb_url else source} to {name_of(settings, target) if settings.couchdb_url else target}.")
    if source == "couchdb":
        click.echo("Phones must not reach CouchDB meanwhile: take /sync/ out of the reverse proxy first.")
    try:
        with nobody_serves(settings.data), opened(settings, source) as here, opened(settings, target) as there:
            wrong = migrate(here, there, click.echo)
    except KeyboardInterrupt:
        click.echo("\nStopped. What was copied stays; run the same command again, and it goes on from there.", err=True)
        sys.exit(INTERRUPTED)
    except (CouchUnavailable, CouchError, EngineError, ValueError) as error:
        raise click.ClickException(f"{error}\nWhat was copied stays; when this is mended, run the same command again, and it goes on from there.") from error
    if wrong:
        for each in wrong:
            click.echo(f"{each.database}  {each.id}: {each.reason}", err=True)
        raise click.ClickException(
            f"{len(wrong)} documents or databases are not the same in both, or could not be moved. The source is as it was. "
            "Run the command again; a database that still differs then is copied anew after it was deleted in the target."
        )
    click.echo("All documents are in both, with the same leaves, deletions and attachments. " + _next(target))


def _next(target: str) -> str:
    if target == "couchdb":
        return "Now start the server with COUCHDB_URL set, and let the reverse proxy pass /sync/ to CouchDB."
    return "Now start the server without COUCHDB_URL, and let the reverse proxy pass /sync/ to it."
