"""`couchdb configure` and `couchdb doctor`: for those who run Apache CouchDB behind Doorstep. See docs/operators.md."""

from __future__ import annotations

import sys
import time

import click
from flask import Flask
from flask.cli import AppGroup

from server.commands import clear_errors
from server.couchdb.configure import write
from server.couchdb.doctor import findings
from server.couchdb.keys import names_and_values
from server.couchdb.look import configs, greet, in_a_sentence, look
from server.couchdb.settings import as_ini, wanted
from server.errors import NotFound
from server.settings import Settings
from server.stores import stores
from server.tokens import Keys, signing_keys

couchdb_group = AppGroup("couchdb", help="Apache CouchDB as the sync engine: set it up, look at it.")


def register(app: Flask) -> None:
    app.cli.add_command(couchdb_group)


@couchdb_group.command("configure", help="Print, or --write to every node, the settings that Apache CouchDB needs.")
@click.option("--write", "writes", is_flag=True, help="Write them to the CouchDB in COUCHDB_URL, all nodes. No restart, nobody is cut off.")
@click.option("--with-keys", is_flag=True, help="Print the signing keys too. Whoever sees them can sign in as anyone.")
@click.option("--only-our-keys", is_flag=True, help="With --write: take away keys that Doorstep did not make.")
@click.option("--nodes", default=1, type=click.IntRange(1, 1000), show_default=True, help="When printing: how many nodes the cluster has.")
@clear_errors
def configure_command(writes: bool, with_keys: bool, only_our_keys: bool, nodes: int) -> None:
    settings = stores().settings
    keys = names_and_values(_keys(settings).accepted)
    if not writes:
        click.echo(as_ini(wanted(settings, nodes, 0), keys, with_keys))
        return
    peer = greet(_url(settings))
    with in_a_sentence(peer.connection.address):
        databases = len(peer.connection.get("/_all_dbs"))
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        click.echo(line)

    write(peer, configs(peer), wanted(settings, len(peer.cluster_nodes), databases), keys, only_our_keys, say)
    click.echo("CouchDB is as Doorstep needs it." if said else "CouchDB was as Doorstep needs it already.")


@couchdb_group.command("doctor", help="Look at the CouchDB in COUCHDB_URL and say what is unsafe or missing. Exit code 1 when something is.")
@clear_errors
def doctor_command() -> None:
    settings = stores().settings
    keys = _keys(settings)
    peer = greet(_url(settings))
    seen = look(peer, keys.current, settings.token_seconds)
    found = findings(seen, wanted(settings, len(seen.cluster_nodes), len(seen.databases)), names_and_values(keys.accepted))
    for finding in found:
        click.echo(f"{finding.level:4} {finding.what}")
    sys.exit(1 if any(finding.level == "FAIL" for finding in found) else 0)


def _keys(settings: Settings) -> Keys:
    return signing_keys(settings.secret, time.time(), settings.secret_before)


def _url(settings: Settings) -> str:
    if not settings.couchdb_url:
        raise NotFound(
            "COUCHDB_URL is not set, so there is no CouchDB to look at: Doorstep's own sync engine serves. Set it to http://name:password@host:5984."
        )
    return settings.couchdb_url
