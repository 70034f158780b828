"""A real PostgreSQL server for tests: started in a temporary folder, reached through a socket there, stopped after."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from mien.storage.postgres_database import PostgresDatabase

FIND = Path(__file__).parent.parent / "scripts" / "postgresql"
START_SECONDS = 30.0
TEMPLATE = "mien_template"
UNSAFE_BUT_FAST = ("fsync=off", "full_page_writes=off", "max_connections=200", "listen_addresses=", "timezone=UTC")


class PostgresServer:
    """One server; `new_database` makes a database with all tables and returns its address."""

    CRASH = signal.SIGQUIT

    def __init__(self) -> None:
        self._bin = _programs()
        # initdb refuses root.
        self._user = "nobody" if os.geteuid() == 0 else None
        # In memory where that can be; and the path of a socket may have about a hundred characters.
        memory = Path("/dev/shm")
        place = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path("/tmp")
        self._folder = Path(tempfile.mkdtemp(prefix="mien-postgresql-", dir=place))
        if self._user:
            shutil.chown(self._folder, self._user, pwd.getpwnam(self._user).pw_gid)
        self._run("initdb", "--auth=trust", "--username=mien", "--encoding=UTF8", "--no-locale", "--no-sync")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        self._make(TEMPLATE)
        PostgresDatabase(make_url(self.url(TEMPLATE))).close()

    def url(self, database: str) -> str:
        return f"postgresql://mien@/{database}?host={self._folder}"

    def new_database(self) -> str:
        name = f"test_{uuid4().hex}"
        self._make(name, TEMPLATE)
        return self.url(name)

    def drop(self, url: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def start(self) -> None:
        options = [part for setting in UNSAFE_BUT_FAST for part in ("-c", setting)]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-k", str(self._folder), *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, user=self._user, stdout=log, stderr=log, env=self._environment(), cwd="/"
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text("utf-8", "replace"))
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop at once, or crash on SIGQUIT: then nothing is tidied up."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        # The server's children may still be writing their last.
        deadline = time.monotonic() + START_SECONDS
        while self._folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(self._folder, ignore_errors=True)
            time.sleep(0.05)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make(self, name: str, template: str = "template0") -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *options: str) -> None:
        command = [str(self._bin / program), "-D", str(self._data), *options]
        subprocess.run(command, user=self._user, check=True, capture_output=True, env=self._environment(), cwd="/")

    def _environment(self) -> Mapping[str, str]:
        # Fetched programs find their libraries beside them.
        libraries = sorted({str(path.parent) for path in self._bin.parents[3].glob("lib/*-linux-gnu/libpq.so.5")})
        return {"PATH": os.environ["PATH"], "LC_ALL": "C", "LD_LIBRARY_PATH": ":".join(libraries)}


def _programs() -> Path:
    found = subprocess.run([str(FIND)], capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(f"the tests need a PostgreSQL server: {found.stderr.strip()}")
    return Path(found.stdout.strip())
