"""Start a child process that keeps its networks loaded, talk to it, and take it down with all it started."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread

from mien.intake.dialling import Dial
from mien.intake.door import pair, serve_door
from mien.sandbox.confinement import Confinement
from mien.sandbox.messages import LARGEST_MESSAGE, Asked, Asking, Ready, Said, read_said
from mien.sandbox.process_tree import ProcessTree

STANDARD_ERROR = 2
LAST_WORDS_SECONDS = 0.2


class ChildGone(Exception):
    """The child has ended; its message says how.

    `from_outside` when somebody else has killed it, and not for want of memory.
    """

    def __init__(self, message: str, from_outside: bool = False) -> None:
        super().__init__(message)
        self.from_outside = from_outside


@dataclass(frozen=True)
class ChildCommand:
    """Say how a child is started: the command, to which the channel's descriptor and the parent's id are added.

    `environment` is added to this process's own. `scratch` is where each child gets a folder for temporary files. With
    `confinement`, the child may write there and where that says, and no more. `dial` opens connections for it.
    """

    command: Sequence[str]
    scratch: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    confinement: Confinement | None = None
    dial: Dial | None = None

    def written(self, folder: Path, *more: str) -> list[str]:
        """Return the whole command of a child with a folder of its own and further arguments."""
        whole = [*self.command, *more]
        if self.confinement is None:
            return whole
        return replace(self.confinement, writable=(*self.confinement.writable, folder)).command(whole)


class WarmChild:
    """Be one child process. It is tied to the thread that makes it: when that thread ends, so does the child."""

    def __init__(self, command: ChildCommand) -> None:
        command.scratch.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(dir=command.scratch, prefix=_folder_prefix()))
        self._channel, theirs = Pipe()
        descriptor = theirs.fileno()
        door = _opened_door(command.dial) if command.dial else None
        beyond = ["--door", str(door.fileno())] if door else []
        environment = {**os.environ, **command.environment, "TMPDIR": str(self.folder)}
        # A session of its own: the terminal's Ctrl-C is for the worker, and the group can be killed as one.
        self._process = subprocess.Popen(
            command.written(self.folder, "--channel", str(descriptor), "--parent", str(os.getpid()), *beyond),
            stdin=subprocess.DEVNULL,
            stdout=STANDARD_ERROR,
            env=environment,
            pass_fds=(descriptor, door.fileno()) if door else (descriptor,),
            start_new_session=True,
        )
        theirs.close()
        if door:
            door.close()
        self.tree = ProcessTree(self._process.pid)
        self.is_ready = False
        self.tasks_done = 0
        self._asking = Asking()
        self._ended: str | None = None
        self._killed_for_memory = kills_for_memory()

    @property
    def process_id(self) -> int:
        """Return the child's id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Say whether the child has ended, by itself or by force."""
        return self._ended is not None or self._process.poll() is not None

    def ask(self, asked: Asked) -> None:
        """Send a message. Raises ChildGone."""
        self._killed_for_memory = kills_for_memory()
        try:
            self._channel.send_bytes(self._asking.write(asked))
        except OSError as error:
            raise self._gone() from error

    def hear(self, timeout_seconds: float) -> Said | None:
        """Return the next message, or None when the time is over. Raises ChildGone, and ValueError for nonsense."""
        try:
            if not self._channel.poll(timeout_seconds):
                # A process the child started may hold the channel open beyond its death.
                if self._process.poll() is None or self._channel.poll(0):
                    return None
                raise EOFError
            said = read_said(self._channel.recv_bytes(LARGEST_MESSAGE))
        except (EOFError, OSError) as error:
            raise self._gone() from error
        if isinstance(said, Ready):
            self.is_ready = True
        return said

    def kill(self) -> None:
        """End the child and all it started, and remove its temporary files."""
        if self._ended is None:
            self._process.poll()
            self._ended = "it was stopped"
            self.tree.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            self._channel.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _gone(self) -> ChildGone:
        """Say how the child ended; one killed while the system has killed nobody for memory was killed on purpose."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(LAST_WORDS_SECONDS)
            before = self._killed_for_memory
            on_purpose = before is not None and kills_for_memory() == before
            return ChildGone(_described(code), code == -signal.SIGKILL and on_purpose and self._ended is None)
        return ChildGone("it closed its channel")


def kills_for_memory() -> int | None:
    """Return how many processes the system has killed for want of memory; None where it does not say."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text("ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None


def _opened_door(dial: Dial) -> socket.socket:
    """Return the child's end of a door; the other is served until the child has gone."""
    ours, theirs = pair()
    Thread(target=serve_door, args=(ours, dial), name="mien-door", daemon=True).start()
    return theirs


def sweep_folders(scratch: Path, own: int | None = None) -> None:
    """Remove the folders of children whose worker on this machine is gone; a killed worker cleans up nothing."""
    for folder in scratch.glob(f"{_host_prefix()}*"):
        owner = folder.name.removeprefix(_host_prefix()).partition("-")[0]
        # In a container that starts again, this very process may have the id of the one that was killed.
        if owner.isdecimal() and (int(owner) == (own or os.getpid()) or not _exists(int(owner))):
            shutil.rmtree(folder, ignore_errors=True)


def _described(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
        return f"its process was ended by {name}" + (", perhaps for want of memory" if name == "SIGKILL" else "")
    return f"its process was ended by signal {-code}"


def _exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host_prefix() -> str:
    return f"child-{os.uname().nodename}-"


def _folder_prefix() -> str:
    return f"{_host_prefix()}{os.getpid()}-"
