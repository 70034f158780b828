"""Make, list, take over and revoke keys."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mien.assembly import open_keys
from mien.cli.readable import wide_console
from mien.delivery.mail import is_mail_address
from mien.domain.errors import InvalidRequest
from mien.settings import read_settings
from mien.storage.keys import KeyOptions, KeyRecord, Scope, SqlKeyStore
from mien.workplace import open_store

app = typer.Typer(
    help="Make, list, take over and revoke the keys that clients send.\n\nExample: mien keys create --owner ana",
    no_args_is_help=True,
)
DAY_MS = 24 * 3600 * 1000

Owner = Annotated[str, typer.Option(help="Whose key it is.")]
Email = Annotated[str | None, typer.Option(help="Where mails about its jobs go.")]
Weight = Annotated[float, typer.Option(help="Its share of the workers while jobs of several keys wait.")]
Scopes = Annotated[
    list[Scope] | None, typer.Option("--scope", help="What it may do; may be repeated. Default: read and write.")
]
Days = Annotated[float | None, typer.Option(help="Days until it ends; default: never.")]
Quota = Annotated[int | None, typer.Option(help="Jobs it may start in 24 hours; default: any number.")]
Data = Annotated[Path | None, typer.Option(help="The server's data folder.")]


@app.callback()
def keys() -> None:
    """Make, list, take over and revoke the keys that clients send."""


@app.command()
def create(  # noqa: PLR0913  # each option of a command is a parameter
    owner: Owner,
    email: Email = None,
    weight: Weight = 1.0,
    scope: Scopes = None,
    days: Days = None,
    quota: Quota = None,
    data: Data = None,
) -> None:
    """Make a key and print it, and nothing else: only its hash is kept, so it cannot be shown again.

    Example: KEY=$(mien keys create --data ./data --owner ana --email ana@example.org)
    """
    print(_keys(data).create(_owner(owner), _options(email, weight, scope, days, quota)))


@app.command("import")
def take_over(  # noqa: PLR0913  # each option of a command is a parameter
    owner: Owner,
    email: Email = None,
    weight: Weight = 1.0,
    scope: Scopes = None,
    days: Days = None,
    quota: Quota = None,
    data: Data = None,
) -> None:
    """Take over a key that clients have already, read from standard input, so that they need not change theirs.

    Example: mien keys import --data ./data --owner ana < old-key.txt
    """
    key = sys.stdin.readline().strip()
    _keys(data).take_over(key, _owner(owner), _options(email, weight, scope, days, quota))


@app.command("list")
def list_keys(data: Data = None) -> None:
    """List keys: ids, owners and what they may do; the keys themselves cannot be shown.

    Example: mien keys list --data ./data
    """
    table = Table("id", "owner", "e-mail", "scopes", "weight", "jobs per day", "created", "ends", box=None)
    for record in _keys(data).list():
        table.add_row(*_row(record))
    wide_console().print(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, or how it begins.")],
    data: Data = None,
) -> None:
    """Revoke a key: within a second it opens nothing any more. Its jobs stay.

    Example: mien keys revoke 3f6c1d0e --data ./data
    """
    record = _keys(data).revoke(key_id)
    print(f"key {record.id} of {record.owner} is revoked")


def _keys(data: Path | None) -> SqlKeyStore:
    return open_keys(open_store(read_settings(data=data)))


def _owner(owner: str) -> str:
    if not owner.strip():
        raise InvalidRequest("--owner: must not be empty")
    return owner


def _options(
    email: str | None, weight: float, scopes: list[Scope] | None, days: float | None, quota: int | None
) -> KeyOptions:
    if email is not None and not is_mail_address(email):
        raise InvalidRequest("--email: must be a mail address")
    if days is not None and days <= 0:
        raise InvalidRequest("--days: must be above 0")
    expires_ms = None if days is None else time.time_ns() // 1_000_000 + round(days * DAY_MS)
    given = KeyOptions(email=email, weight=weight, expires_ms=expires_ms, jobs_per_day=quota)
    return given if not scopes else KeyOptions(email, weight, frozenset(scopes), expires_ms, quota)


def _row(record: KeyRecord) -> tuple[str, ...]:
    options = record.options
    ends = f"revoked {_day(record.revoked_ms)}" if record.revoked_ms else _day(options.expires_ms)
    quota = "" if options.jobs_per_day is None else str(options.jobs_per_day)
    scopes = " ".join(sorted(options.scopes))
    return (
        record.id,
        record.owner,
        options.email or "",
        scopes,
        f"{options.weight:g}",
        quota,
        _day(record.created_ms),
        ends,
    )


def _day(time_ms: int | None) -> str:
    return "" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
