"""Serve: the HTTP door, the workers behind it, and the callbacks."""

import socket
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from mien.assembly import build_app, build_deliveries, build_retention, open_keys, open_weights
from mien.cli.worker import worker_command
from mien.domain.errors import InvalidRequest, MienError
from mien.engine.supervisor import Supervisor
from mien.server.browsers import is_loopback_name
from mien.server.listening import address, bind, listen
from mien.server.patience import Patience
from mien.settings import Settings, read_settings
from mien.storage.database import Database
from mien.storage.keys import KeyOptions, Scope
from mien.telemetry.logs import set_up
from mien.workplace import open_store


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder that holds jobs, uploads and results.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes to start.")] = None,
    open_door: Annotated[bool, typer.Option("--open", help="Ask for no key; on this machine only.")] = False,
) -> None:
    """Serve until stopped; prints `ready: http://HOST:PORT` once requests are accepted.

    The first start of a data folder makes a key that may do everything, and prints it once on standard error; every
    start prints there where the console is, the first one as a link that takes the key along.

    Example: mien serve --host 127.0.0.1 --port 8004 --data ./data --workers 2
    """
    settings = read_settings(host=host, port=port, data=data, workers=workers, open=open_door or None)
    _check_open(settings)
    set_up(settings.log_level, settings.log_format)
    bound = _bind(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    database = open_store(settings)
    first = _greet(settings, database)
    supervisor = Supervisor(_worker_command(settings), settings.workers)
    # The workers load their networks while the rest is put together; they end with this process, however it ends.
    supervisor.begin()
    stop = threading.Event()
    deliveries, retention = build_deliveries(settings, database), build_retention(settings, database)
    beside = [
        threading.Thread(target=deliveries.run_until, args=(stop,), daemon=True),
        threading.Thread(target=retention.run_until, args=(stop,), daemon=True),
    ]
    app = build_app(settings, database)
    supervisor.wait_until_ready()
    for thread in beside:
        thread.start()
    try:
        listen(app, bound, lambda: _ready(settings, address(bound), first), _patience(settings))
    finally:
        stop.set()
        supervisor.stop()
        for thread in beside:
            thread.join(timeout=5)
        database.close()


def _check_open(settings: Settings) -> None:
    """Raise InvalidRequest where taking everybody would let in more than this machine."""
    if settings.open and not is_loopback_name(settings.host):
        told = f"--open asks for no key and listens on this machine only, and {settings.host} is not 127.0.0.1, ::1"
        raise InvalidRequest(f"{told} or localhost; make keys with `mien keys create` and leave --open away")
    if settings.open and settings.cors_origins:
        raise InvalidRequest("--open and MIEN_CORS_ORIGINS exclude each other: pages from elsewhere need a key")


def _patience(settings: Settings) -> Patience:
    return Patience(
        settings.head_seconds, settings.stall_seconds, settings.keep_alive_seconds, settings.max_connections
    )


def _bind(settings: Settings) -> socket.socket:
    try:
        return bind(settings.host, settings.port)
    except OSError as error:
        raise MienError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror}") from error


def _ready(settings: Settings, url: str, first: str | None) -> None:
    # What follows # stays in the browser: it is in no request and in no log of a proxy.
    console = console_address(url, settings.public_url) + (f"#key={first}" if first else "")
    print(f"console: {console}", file=sys.stderr, flush=True)
    print(f"ready: {url}", flush=True)


def console_address(url: str, public_url: str | None) -> str:
    """Return where a browser finds the console; no browser can go to "all addresses"."""
    if public_url:
        return f"{public_url.rstrip('/')}/"
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:") + "/"


def _greet(settings: Settings, database: Database) -> str | None:
    """Say what is to be known of a start, and return the key where this one made the first."""
    statuses = open_weights(settings).statuses()
    manifests = [status.manifest for status in statuses]
    bound = sorted(f"{told.weights} ({told.licence})" for told in manifests if told.non_commercial)
    if bound:
        told = f"in use and not for commercial use: {', '.join(bound)}"
        print(f"notice: {told}; MIEN_PERMISSIVE_WEIGHTS=true does without", file=sys.stderr)
    for status in statuses:
        if status.mend:
            told = f"network {status.manifest.weights} is {status.state}"
            print(f"warning: {told}, and files that need it will fail: {status.mend}", file=sys.stderr)
    keys = open_keys(database)
    if settings.open:
        print("notice: --open asks for no key: whoever uses this machine sees and starts jobs", file=sys.stderr)
    elif keys.count() == 0:
        first = keys.create("first", KeyOptions(scopes=frozenset(Scope)))
        print(f"no key yet; this one was made and is shown only now: {first}", file=sys.stderr)
        return first
    return None


def _worker_command(settings: Settings) -> list[str]:
    return [*worker_command(), "--data", str(settings.data.absolute()), "--supervised"]
