"""The commands for linkage: `python -m flask --app wsgi linkage …`.

evaluate  how well linkage does on a file of people; needs no central store
run       compare what waits; with --all, every record anew
status    how many records wait to be compared, how many pairs are suggested
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from flask.cli import AppGroup

from server.stores import stores
from server.terminal import clear_errors, say_table
from sync.store import linkage_statements
from sync.store.engine import Store
from sync.store.reading_pairs import Pairs, pairs_by_kind

linkage_group = AppGroup("linkage", help="Records that may be one.")

SAID_SECONDS = 2.0
"""How often it is said how far a run has come: on a terminal in one line, otherwise in lines of their own, less often."""
SAID_SECONDS_ELSEWHERE = 30.0
ANOTHER_SECONDS = 0.5


@linkage_group.command("evaluate", help="Find those of a file (CSV) who may be one. With a column `person`, the truth, say how many were found rightly.")
@click.argument("people", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--pairs", "pairs_file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The CSV file to write: left, right, score, suggested, why."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the column why.")
@clear_errors
def linkage_evaluate(people: Path, pairs_file: Path, language: str) -> None:
    from server import linkage_file  # with the tables: slow to import

    if pairs_file.exists() and pairs_file.samefile(people):
        raise click.ClickException(f"{pairs_file} is the file of people itself: the pairs would take its place. Name another file for them.")
    try:
        found = linkage_file.read(people)
        outcome = linkage_file.evaluate(found, pairs_file, language)
    except linkage_file.UnfitFile as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or pairs_file}: {error.strerror or error}.") from error
    count = len(found.profiles)
    click.echo(f"{_counted(count, 'row')}, {_counted(outcome.compared, 'pair')} compared, {outcome.suggested:,} suggested: {pairs_file}")
    if outcome.quality:
        rows = [(each.kind, f"{each.pairs:,}", f"{each.found:,}", _share(each.recall), _share(each.precision)) for each in outcome.quality]
        say_table(("kind", "true pairs", "found", "recall", "precision"), rows)
    for column, (values, first_line) in found.unread.items():
        click.echo(f"{column}: {_counted(values, 'value')} not understood and taken for no answer, the first in line {first_line}.", err=True)
    if not any(each.place for each in found.profiles) and any(each.door[2] for each in found.profiles):
        click.echo("No row has an area, so doors were not compared: they are told apart within an area.", err=True)


@linkage_group.command("run", help="Compare the records that wait, as the merge worker does by itself. May be stopped and run again at any time.")
@click.option("--all", "everything", is_flag=True, help="Every record anew, whether it has changed or not.")
@clear_errors
def linkage_run(everything: bool) -> None:
    from sync.suggestions import Suggestions  # reads its tables: slow to import

    store = stores().store
    if everything:
        with store.writing() as connection:
            linkage_statements.queue_all(connection)
    worker, progress = Suggestions(store), _Progress(_waiting(store))
    try:
        while (done := worker.run_once()) or _waiting(store) > worker.put_off:
            progress.say(done)
            if not done:
                time.sleep(ANOTHER_SECONDS)  # another worker is at it
    except KeyboardInterrupt:
        progress.end(f"Stopped. {_counted(_waiting(store), 'record')} left; the merge worker or another run goes on from there.")
        sys.exit(1)
    if worker.put_off:
        stay = "It stays" if worker.put_off == 1 else "They stay"
        progress.end(f"{_counted(worker.put_off, 'record')} could not be compared; the log says why. {stay} in the queue.")
        sys.exit(1)
    with store.reading() as connection:
        found = pairs_by_kind(connection)
    waiting = sum(each.open for each in found.values())
    pairs = f"{_counted(waiting, 'pair')} of records that may be one {'waits' if waiting == 1 else 'wait'} for an administrator."
    progress.end(f"{_counted(progress.done, 'record')} compared. {pairs}")


@linkage_group.command("status", help="How many records wait to be compared, and how many pairs that may be one are suggested.")
@clear_errors
def linkage_status() -> None:
    with stores().store.reading() as connection:
        waiting, found = linkage_statements.waiting(connection), pairs_by_kind(connection)
    none = Pairs(0, 0)
    rows = [(kind, f"{waiting[kind]:,}", f"{found.get(kind, none).suggested:,}", f"{found.get(kind, none).open:,}") for kind in waiting]
    say_table(("kind", "to compare", "suggested", "not ruled on yet"), rows)


def _waiting(store: Store) -> int:
    with store.reading() as connection:
        return sum(linkage_statements.waiting(connection).values())


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


class _Progress:
    """Says how many are done of those that waited, on standard error."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self._total = total
        self._on_terminal = sys.stderr.isatty()
        self._pause = SAID_SECONDS if self._on_terminal else SAID_SECONDS_ELSEWHERE
        self._began = self._said = time.monotonic()

    def say(self, done: int) -> None:
        self.done += done
        now = time.monotonic()
        if now - self._said < self._pause:
            return
        self._said = now
        left = max(self._total - self.done, 0)
        rate = self.done / (now - self._began)
        line = f"{self.done:,} of {max(self._total, self.done):,} records compared, {rate:,.0f} a second"
        line += f", about {left / rate / 60:.0f} minutes to go" if rate and left / rate > 60 else ""
        click.echo(f"\r{line:<78}" if self._on_terminal else line, nl=not self._on_terminal, err=True)

    def end(self, sentence: str) -> None:
        if self._on_terminal and self._said > self._began:
            click.echo(err=True)
        click.echo(sentence)
