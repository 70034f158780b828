"""Reads the settings file that stands beside a training's code."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.voice.augment import Augmentation
from training.voice.network import TrunkSize

Settings = Mapping[str, Mapping[str, Any]]


def read_settings(beside: str) -> Settings:
    """Return the settings of the training whose module lies at `beside`."""
    return tomllib.loads(Path(beside).with_name("config.toml").read_text("utf-8"))


def trunk_size(told: Mapping[str, Any]) -> TrunkSize:
    """Return the size that a `[network]` or `[detector]` section asks for."""
    first, second, third, fourth = told["channels"]
    rest = {name: told[name] for name in ("joined", "units", "dropout", "melody") if name in told}
    return TrunkSize((first, second, third, fourth), **rest)


def augmentation(settings: Settings) -> Augmentation:
    """Return the changes that the `[augmentation]` section asks for."""
    return Augmentation(**settings["augmentation"])
