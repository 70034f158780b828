"""Say what networks can run on here."""

import os
import platform
from dataclasses import dataclass

from mien.runtime.onnx_network import onnx_providers


@dataclass(frozen=True)
class Device:
    """Describe one thing that computes; `used` says whether this version of mien runs networks on it."""

    name: str
    detail: str
    used: bool


def cpu_count() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def devices() -> tuple[Device, ...]:
    """List the processor and every accelerator ONNX Runtime was built for."""
    accelerators = [name for name in onnx_providers() if name not in ("CPUExecutionProvider", "AzureExecutionProvider")]
    cpu = Device("cpu", f"{platform.machine()}, {cpu_count()} usable", used=True)
    return (cpu, *(Device(name.removesuffix("ExecutionProvider").lower(), name, used=False) for name in accelerators))
