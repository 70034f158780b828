"""Measure what faces, voices and words express, on your own machine."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Open the library door (`mien.api`) on first use, so that importing a room does not load the house."""
    if name != "analyze":
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    return import_module("mien.api").analyze
