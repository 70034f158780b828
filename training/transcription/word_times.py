"""Measure how well words are found in time: sentences read aloud by synthetic voices, which tell when they say what.

Prints the mean and the 95th percentile of how far the begins of words are off, for the aligner and for words spread
over each sentence by their letters, in a quiet studio and in a room with echoes and noise. Needs the command `flite`.
"""

import argparse
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.segment import TimeSpan
from mien.domain.transcript import spread
from mien.media.opening import open_media
from mien.transcription.alignment import AlignerPool
from mien.transcription.pronunciations import spoken_text
from mien.transcription.stretches import sixteen_bits
from training.transcription.evaluate import DATA
from training.transcription.read_aloud import RATE, VOICES, in_a_room, sentences

QUIET_SECONDS = 0.4
PAUSE = "pau"
VOWELS = frozenset((
    "aa", "ae", "ah", "ao", "aw", "ax", "axr", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw",
))  # fmt: skip
MOST_DIFFERENT = 0.25
"""The share of phones beyond which a sentence is left out: the voice reads another text than the dictionary does."""

Phone = tuple[str, float]
"""A phone and when it begins, in seconds."""


@dataclass(frozen=True)
class Reading:
    """Hold a sentence read aloud: its words, when each begins in seconds, and the sound."""

    words: tuple[str, ...]
    begins: tuple[float, ...]
    waveform: Waveform

    @property
    def span(self) -> TimeSpan:
        """Return the whole time of the sentence."""
        return TimeSpan(QUIET_SECONDS, self.waveform.samples.size / RATE - QUIET_SECONDS)


def main() -> None:
    """Read, align and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--clips", type=int, default=60, help="sentences, by three voices in turn")
    told = arguments.parse_args()
    readings = list(read(told.data, told.clips, seed=5))
    chance = np.random.default_rng(5)
    roomy = [Reading(one.words, one.begins, _in_room(one.waveform, chance)) for one in readings]
    evenly = [[word.time.begin for word in spread([(w, True) for w in one.words], one.span)] for one in readings]
    _print("spread by letters", readings, evenly)
    _print("aligned, studio", readings, found(readings))
    _print("aligned, room", roomy, found(roomy))


def read(data: Path, clips: int, seed: int) -> Iterator[Reading]:
    """Yield sentences of EmoBank by each voice in turn, but those that a voice reads otherwise than written."""
    chance = np.random.default_rng(seed)
    texts = sentences(data)
    chance.shuffle(texts)
    decoder = pocketsphinx.Decoder(loglevel="FATAL", samprate=float(RATE), lm=None)
    with TemporaryDirectory() as folder:
        for number, text in enumerate(texts[:clips]):
            words = tuple(text.replace('"', "").split())
            samples, said = _spoken(" ".join(words), VOICES[number % len(VOICES)], Path(folder) / "clip.wav")
            parts = spoken_text(words, decoder.lookup_word)
            begins = _begins([" ".join(one.ways[0] for one in part) for part in parts], said)
            if begins is not None:
                yield Reading(words, begins, Waveform(samples, RATE))


def found(readings: Sequence[Reading]) -> list[list[float]]:
    """Return when the aligner finds the words of each reading; none where it does not."""
    pool = AlignerPool(1)
    sounds = [
        (sixteen_bits(one.waveform, TimeSpan(0, one.waveform.samples.size / RATE)), one.words) for one in readings
    ]
    aligned = list(pool.align(sounds, Cancellation()))
    pool.close()
    return [[time.begin for time in one.times] for one in aligned]


def _spoken(text: str, voice: str, path: Path) -> tuple[NDArray[np.float32], list[Phone]]:
    """Return a sentence with quiet around it, and the phones that the voice says with their begins."""
    command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    phones: list[Phone] = []
    begin = QUIET_SECONDS
    for phone, end in (one.split(":") for one in told):
        phones.append((phone, begin))
        begin = QUIET_SECONDS + float(end)
    quiet = np.zeros(int(RATE * QUIET_SECONDS), np.float32)
    with open_media(path) as media:
        samples = np.concatenate([quiet, media.waveform().samples, quiet])
    return samples, [one for one in phones if one[0] != PAUSE]


def _begins(words: Sequence[str], said: Sequence[Phone]) -> tuple[float, ...] | None:
    """Return when each word begins: the phones written and those said are laid side by side at least cost."""
    phones = [(number, phone.lower()) for number, word in enumerate(words) for phone in word.split()]
    costs = np.zeros((len(phones) + 1, len(said) + 1))
    costs[:, 0], costs[0] = np.arange(len(phones) + 1), np.arange(len(said) + 1)
    for row, (_, phone) in enumerate(phones, start=1):
        for column, (other, _) in enumerate(said, start=1):
            changed = costs[row - 1, column - 1] + _unlike(phone, other)
            costs[row, column] = min(costs[row - 1, column] + 1, costs[row, column - 1] + 1, changed)
    begins: dict[int, float] = {}
    row, column = len(phones), len(said)
    while row and column:
        if costs[row, column] == costs[row - 1, column - 1] + _unlike(phones[row - 1][1], said[column - 1][0]):
            row, column = row - 1, column - 1
            begins[phones[row][0]] = said[column][1]
        elif costs[row, column] == costs[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
    if len(begins) < len(words) or costs[-1, -1] > MOST_DIFFERENT * len(phones):
        return None
    return tuple(begins[number] for number in range(len(words)))


def _unlike(phone: str, other: str) -> float:
    if phone == other:
        return 0.0
    vowels = (phone in VOWELS) + (other in VOWELS)
    return (1.0, 1.6, 0.5)[vowels]


def _in_room(waveform: Waveform, chance: np.random.Generator) -> Waveform:
    return Waveform(in_a_room(np.array(waveform.samples, np.float64), chance).astype(np.float32), RATE)


def _print(name: str, readings: Sequence[Reading], begins: Sequence[Sequence[float]]) -> None:
    known = [(one, told) for one, told in zip(readings, begins, strict=True) if told]
    off = np.abs([told - begin for one, begun in known for told, begin in zip(begun, one.begins, strict=True)])
    print(
        f"{name:20} {len(off):5} words of {len(known)} of {len(readings)} sentences: "
        f"{off.mean() * 1000:.0f} ms off, 95 % of them at most {np.percentile(off, 95) * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
