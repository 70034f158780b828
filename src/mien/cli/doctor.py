"""Say what is installed, what is missing, and the command that mends it."""

import platform
import sys
from importlib.metadata import version

import typer

import mien
from mien.assembly import name_transcriber, open_weights
from mien.registry import EXTRACTORS, MODELS, discover
from mien.runtime.device import devices
from mien.settings import Settings, read_settings

LIBRARIES = ("ai-edge-litert", "av", "fastapi", "numpy", "onnxruntime", "pillow", "sqlalchemy", "uvicorn")
KNOWN_MODELS = ("face", "facemesh", "burst", "prosody", "language", "ner")


def doctor() -> None:
    """Print what is installed, which networks and devices are there, and how to mend what is not.

    Exit code 1 when something is missing. Example: mien doctor
    """
    settings = read_settings()
    print(f"mien {mien.__version__}, Python {platform.python_version()}, {platform.platform()}")
    print("libraries: " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    for device in devices():
        print(f"device: {device.name} ({device.detail})" + ("" if device.used else ", not used by this version"))
    print(f"data: {settings.data.absolute()}")
    print(f"weights: {settings.weights.absolute()}")
    troubles = _models() + _networks(settings)
    for trouble in troubles:
        print(f"missing: {trouble}", file=sys.stderr)
    if troubles:
        raise typer.Exit(1)
    print(f"transcriber: {name_transcriber(settings)}")
    print("everything is in place")


def _models() -> list[str]:
    installed = discover(MODELS)
    print("models: " + ", ".join(installed))
    print("extractors: " + ", ".join(discover(EXTRACTORS)))
    absent = [name for name in KNOWN_MODELS if name not in installed]
    if absent:
        print("not in this version: " + ", ".join(absent) + " (asking for one is refused with status 400)")
    return [] if installed else ["no model is installed: install mien again"]


def _networks(settings: Settings) -> list[str]:
    troubles = []
    for status in open_weights(settings).statuses():
        print(f"network: {status.manifest.weights} ({status.state}, {status.manifest.licence})")
        if status.mend:
            troubles.append(f"network {status.manifest.weights} is {status.state}: {status.mend}")
    return troubles
