"""Take from a process what decoding strangers' files does not need: network, new privileges, writing elsewhere.

Linux only: seccomp filters system calls (x86-64 and ARM64), Landlock limits where may be written (kernel 5.13 and
newer). What the system does not offer is left out and reported. Nothing here can be undone by the process itself, and
all of it is passed on to its children.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

NO_NEW_PRIVILEGES = "no new privileges"
NO_NETWORK = "no network"
FEWER_CALLS = "fewer system calls"
WRITES = "writes only where told"

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER, _TSYNC = 1, 1
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}
_SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
# Calls that decoding never makes and that attacks on the kernel often do.
_FORBIDDEN = {
    "x86_64": {
        "ptrace": 101, "personality": 135, "pivot_root": 155, "acct": 163, "mount": 165, "umount2": 166, "swapon": 167,
        "swapoff": 168, "reboot": 169, "init_module": 175, "delete_module": 176, "quotactl": 179, "kexec_load": 246,
        "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
        "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313,
        "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
    },
    "aarch64": {
        "umount2": 39, "mount": 40, "pivot_root": 41, "quotactl": 60, "acct": 89, "personality": 92, "unshare": 97,
        "kexec_load": 104, "init_module": 105, "delete_module": 106, "ptrace": 117, "reboot": 142, "add_key": 217,
        "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241,
        "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273,
        "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294, "io_uring_setup": 425, "io_uring_enter": 426,
        "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
    },
}  # fmt: skip
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_OTHER_NUMBERS = 0x40000000  # x86-64 knows every call by a second number
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
# Writing, removing and making anything; and since the versions given moving, truncating and commands to devices.
_CHANGES = 1 << 1 | sum(1 << bit for bit in range(4, 13))
_LATER_CHANGES = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_FILE_CHANGES = 1 << 1 | 1 << 14 | 1 << 15


@dataclass(frozen=True)
class Confinement:
    """Say what a process may still do: write below these folders, and open sockets to elsewhere or not."""

    writable: tuple[Path, ...] = ()
    network: bool = False

    def command(self, program: Sequence[str]) -> list[str]:
        """Return the command that confines itself and becomes the program."""
        writes = [part for folder in self.writable for part in ("--write", str(folder))]
        closed = [] if self.network else ["--no-network"]
        return [sys.executable, "-m", "mien.sandbox.confined", *writes, *closed, "--", *program]


def confine_process(writable: Iterable[Path], network: bool) -> tuple[str, ...]:
    """Confine this process and all its children to come; return what could be done.

    It may then write only below `writable` and to devices, and without `network` open no sockets but local ones. Call
    it while the process has one thread: others that run already keep what they may write.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is None or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ()
    done = [NO_NEW_PRIVILEGES]
    if _limit_writing(libc, (*writable, Path("/dev"))):
        done.append(WRITES)
    if _filter_calls(libc, platform.machine(), network):
        done += [FEWER_CALLS] if network else [FEWER_CALLS, NO_NETWORK]
    return tuple(done)


def call_filter(machine: str, network: bool) -> bytes:
    """Return the seccomp program for a kind of processor: it answers forbidden calls with EPERM and allows all others.

    Raises KeyError for a kind of processor it is not written for.
    """
    forbidden = sorted(_FORBIDDEN[machine].values())
    checks = [_step(_EQUAL, 0, 1, number) + _step(_RETURN, 0, 0, _REFUSE) for number in forbidden]
    program = [
        _step(_LOAD, 0, 0, 4),  # the processor the call was made for: numbers of another mean other calls
        _step(_EQUAL, 1, 0, _AUDIT_ARCH[machine]) + _step(_RETURN, 0, 0, _REFUSE),
        _step(_LOAD, 0, 0, 0),  # the number of the call
        _step(_AT_LEAST, 0, 1, _OTHER_NUMBERS) + _step(_RETURN, 0, 0, _REFUSE),
        *checks,
    ]
    if not network:
        skip = _step(_EQUAL, 0, 3, _SOCKET_CALL[machine])
        program.append(
            skip + _step(_LOAD, 0, 0, 16) + _step(_EQUAL, 1, 0, socket.AF_UNIX) + _step(_RETURN, 0, 0, _REFUSE)
        )
    return b"".join((*program, _step(_RETURN, 0, 0, _ALLOW)))


def _step(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _filter_calls(libc: ctypes.CDLL, machine: str, network: bool) -> bool:
    if machine not in _FORBIDDEN:
        return False
    program = call_filter(machine, network)
    steps = ctypes.create_string_buffer(program, len(program))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(steps)))
    called = libc.syscall(_SECCOMP_CALL[machine], _SECCOMP_SET_MODE_FILTER, _TSYNC, described)
    return bool(called == 0)


def _limit_writing(libc: ctypes.CDLL, writable: Sequence[Path]) -> bool:
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    changes = _CHANGES | sum(bits for since, bits in _LATER_CHANGES.items() if version >= since)
    attributes = struct.pack("=Q", changes)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        for folder in writable:
            _allow(libc, ruleset, folder, changes)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, changes: int) -> None:
    if not path.exists():
        return
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)  # type: ignore[attr-defined,unused-ignore]  # Linux has it
    try:
        allowed = changes if path.is_dir() else changes & _FILE_CHANGES
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", allowed, place), 0)
    finally:
        os.close(place)
