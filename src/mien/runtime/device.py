"""Say what networks can run on here."""

import platform
from dataclasses import dataclass

from mien.runtime.onnx_network import onnx_providers
from mien.runtime.processors import usable_processors


@dataclass(frozen=True)
class Device:
    """Describe one thing that computes; `used` says whether this version of mien runs networks on it."""

    name: str
    detail: str
    used: bool


def devices() -> tuple[Device, ...]:
    """List the processor and every accelerator ONNX Runtime was built for."""
    accelerators = [name for name in onnx_providers() if name not in ("CPUExecutionProvider", "AzureExecutionProvider")]
    cpu = Device("cpu", f"{platform.machine()}, {usable_processors()} usable", used=True)
    return (cpu, *(Device(name.removesuffix("ExecutionProvider").lower(), name, used=False) for name in accelerators))
