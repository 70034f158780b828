"""Take the voice prints of dialogues, once for all, and say of whom each is."""

import hashlib
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.network import Runtime
from mien.domain.segment import TimeSpan
from mien.extractors.speakers import TURN_TAKING, Telling
from mien.extractors.voice_activity import VoiceActivity
from mien.extractors.voice_prints import WEIGHTS, VoicePrints, voice_prints
from training.speakers.data import RATE, clips_of
from training.speakers.dialogues import Dialogue, dialogues

PURE_SHARE = 0.85
"""A window belongs to a speaker who talks in this much of it, alone."""
KEPT = Path("build/speakers/prints")
"""Prints are kept here, under a checksum of the settings they come from; delete the folder after a change of code."""


@dataclass(frozen=True)
class Printed:
    """Hold a dialogue, its sound left out, with the speech found in it and its voice prints."""

    dialogue: Dialogue
    speech: tuple[TimeSpan, ...]
    prints: VoicePrints


class Printer:
    """Find speech and take voice prints as the extractor does."""

    def __init__(self, runtime: Runtime) -> None:
        self._activity = VoiceActivity(runtime)
        self._network = runtime.network(WEIGHTS)

    def take(self, dialogue: Dialogue) -> Printed:
        """Return the prints of one dialogue."""
        waveform = Waveform(dialogue.samples, RATE)
        speech = self._activity.speech(waveform, Cancellation(), TURN_TAKING)
        prints = voice_prints(self._network, waveform, speech, Cancellation(), Telling().windows)
        return Printed(replace(dialogue, samples=dialogue.samples[:0]), speech, prints)


def printed_dialogues(settings: Mapping[str, Any], group: str, data: Path, runtime: Runtime) -> list[Printed]:
    """Return the dialogues of a group of speakers with their prints, read again where they were taken before."""
    speakers = settings["speakers"][group]
    seed = settings["dialogues"]["seed"] + list(settings["speakers"]).index(group)
    told = repr((settings["dialogues"], speakers, seed, Telling().windows, TURN_TAKING))
    file = KEPT / f"{group}-{seed}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.pickle"
    if file.is_file():
        kept: list[Printed] = pickle.loads(file.read_bytes())
        return kept
    printer = Printer(runtime)
    taken = [printer.take(one) for one in dialogues(clips_of(speakers, data), settings["dialogues"], seed)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(taken))
    return taken


def by_speaker(printed: Printed) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield each speaker of a dialogue with the prints that are of nobody else."""
    names = names_of(printed)
    for speaker in sorted({name for name in names if name}):
        yield speaker, printed.prints.vectors[[name == speaker for name in names]]


def names_of(printed: Printed) -> list[str]:
    """Return of whom each print is, empty where more than one speaks or nobody."""
    return [_alone(printed, row) for row in range(len(printed.prints.vectors))]


def _alone(printed: Printed, row: int) -> str:
    begin, end = float(printed.prints.begins[row]), float(printed.prints.ends[row])
    shared: dict[str, float] = {}
    for first, last, name in printed.dialogue.turns:
        if (common := min(end, last) - max(begin, first)) > 0:
            shared[name] = shared.get(name, 0.0) + common
    if len(shared) != 1:
        return ""
    name, seconds = next(iter(shared.items()))
    return name if seconds >= PURE_SHARE * (end - begin) else ""
