"""`flask records check` and `recompute`: whether every record is what its submissions, decisions and rulings make of it, and putting right what is not."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from server.stores import stores
from server.terminal import clear_errors
from sync.clock import utc_now
from sync.recompute_scope import ROUNDS

if TYPE_CHECKING:
    from sync.recompute import Difference  # reads linkage's tables: slow to import

TELL_EVERY_SECONDS = 2.0

records_group = AppGroup("records", help="The merged records.")


class Part(click.ParamType):
    """2/5: the second of five parts."""

    name = "part"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        part, _, parts = str(value).partition("/")
        if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
            self.fail(f"{value} is no part: 2/5 is the second of five.", param, ctx)
        return int(part), int(parts)


area_option = click.option("--area", help="Only submissions and records of this area.")
part_option = click.option("--part", type=Part(), default="1/1", help="2/5: only the second of five parts. Several may be looked at at the same time.")
only_option = click.option("--only", type=click.Choice(ROUNDS), multiple=True, help="Only this of what is gone through; may be given more than once.")


@records_group.command("check", help="Compute everything anew and compare. Writes nothing; exit code 1 when something differs, with what does.")
@area_option
@click.option("--sample", type=click.IntRange(1), help="Only so many records, chosen by chance, and what they follow from.")
@part_option
@only_option
@clear_errors
def check(area: str | None, sample: int | None, part: tuple[int, int], only: tuple[str, ...]) -> None:
    from sync.recompute import Recomputation

    if sample is not None and part != (1, 1):
        raise click.UsageError("A sample is taken of the whole: give --sample or --part.")
    progress = _Progress()
    differ = _say(Recomputation(stores().store, area=area, sample=sample, part=part, rounds=only or ROUNDS, tell=progress).check())
    click.echo(f"{progress.done} Nothing differs." if not differ else f"{progress.done} {differ:,} differ; `records recompute` puts them right.")
    sys.exit(1 if differ else 0)


@records_group.command(
    "recompute", help="The same, and what differs is put right and published. May run beside everything else, and may be stopped and begun again."
)
@area_option
@part_option
@only_option
@clear_errors
def recompute(area: str | None, part: tuple[int, int], only: tuple[str, ...]) -> None:
    from sync.recompute import Recomputation

    progress = _Progress()
    mended = _say(Recomputation(stores().store, area=area, part=part, rounds=only or ROUNDS, tell=progress).write(utc_now))
    click.echo(f"{progress.done} Nothing differed." if not mended else f"{progress.done} {mended:,} differed and were put right.")


def _say(differences: Iterator[Difference]) -> int:
    """A line each; how many."""
    found = 0
    for each in differences:
        found += 1
        about = [id for id in each.records if id not in each.id]
        click.echo(f"{each.what} {each.id}" + (f" ({', '.join(about)})" if about else ""))
    return found


class _Progress:
    """Says to standard error how far it is, now and then, so that standard output has the differences alone."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._counts: dict[str, int] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        self._counts[what] = done
        if time.monotonic() - self._said > TELL_EVERY_SECONDS:
            self._said = time.monotonic()
            click.echo(f"{what}: {done:,} of {total:,} …", err=True)

    @property
    def done(self) -> str:
        return f"Looked at {self._counts.get('submissions', 0):,} submissions and {self._counts.get('records', 0):,} records."
