"""What is taken from a process is tried in processes of their own: it cannot be given back."""

import subprocess
import sys
from pathlib import Path

import pytest

from mien.sandbox.confinement import FEWER_CALLS, NO_NETWORK, NO_NEW_PRIVILEGES, WRITES, call_filter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")
EVERYTHING = f"{NO_NEW_PRIVILEGES}, {WRITES}, {FEWER_CALLS}, {NO_NETWORK}"


def confined(code: str, *arguments: str) -> str:
    """Run Python code confined and return what it printed."""
    command = [sys.executable, "-m", "mien.sandbox.confined", *arguments, "--", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def tried(action: str) -> str:
    """Return code that prints what became of an action."""
    return f"try:\n {action}\n print('done')\nexcept OSError as error:\n print(type(error).__name__)"


def test_a_confined_process_knows_what_was_taken_from_it() -> None:
    assert confined("import os; print(os.environ['MIEN_CONFINED'])", "--no-network") == EVERYTHING


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_PACKET", "AF_NETLINK"])
def test_without_network_there_are_no_sockets_but_local_ones(family: str) -> None:
    code = tried(f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)")
    assert confined(code, "--no-network") == "PermissionError"
    assert confined(tried("import socket; socket.socketpair()"), "--no-network") == "done"


def test_with_network_there_are_sockets() -> None:
    assert confined(tried("import socket; socket.socket()")) == "done"


def test_it_writes_only_where_it_was_told(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    allowed.mkdir()
    other.mkdir()
    (other / "kept").write_text("kept")
    write = ["--write", str(allowed)]
    assert confined(tried(f"open('{allowed}/new', 'w').write('x')"), *write) == "done"
    assert confined(tried("open('/dev/null', 'w').write('x')"), *write) == "done"
    for action in (
        f"open('{other}/new', 'w')",
        f"open('{other}/kept', 'a')",
        f"import os; os.remove('{other}/kept')",
        f"import os; os.rename('{other}/kept', '{allowed}/kept')",
        f"import os; os.mkdir('{other}/folder')",
        f"import os; os.truncate('{other}/kept', 0)",
    ):
        assert confined(tried(action), *write) in ("PermissionError", "OSError"), action
    assert confined(f"print(open('{other}/kept').read())", *write) == "kept"


def test_children_are_confined_too(tmp_path: Path) -> None:
    child = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {tried('import socket; socket.socket()')!r}])"
    )
    assert confined(child, "--no-network") == "PermissionError"


def test_dangerous_calls_are_refused() -> None:
    unshare = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.unshare(0x10000000), ctypes.get_errno())"
    )
    assert confined(unshare) == "-1 1"


def test_the_filter_is_whole_for_every_processor_it_is_written_for() -> None:
    for machine in ("x86_64", "aarch64"):
        open_door, closed = call_filter(machine, network=True), call_filter(machine, network=False)
        assert len(open_door) % 8 == 0 and len(closed) == len(open_door) + 4 * 8
        assert len(closed) // 8 < 256
    with pytest.raises(KeyError):
        call_filter("riscv64", network=False)


def test_real_decoding_and_networks_work_confined(tmp_path: Path) -> None:
    code = (
        "import numpy, av, onnxruntime, multiprocessing, PIL.Image;"
        "from concurrent.futures import ThreadPoolExecutor;"
        "print(sum(ThreadPoolExecutor(2).map(abs, [-1, 2])), multiprocessing.Lock() is not None)"
    )
    assert confined(code, "--no-network", "--write", str(tmp_path)) == "3 True"
