"""Have real sentences read aloud by synthetic voices, in a room and with a little noise: English whose words are known.

Recordings of people reading are too few to choose by and to judge by as well; these stand in for choosing. The voices
are flite's statistical ones, made of recordings of three people. They are harder to hear than people: about 46 of 100
words are heard wrong.
"""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from mien.domain.media import Waveform
from mien.media.opening import open_media
from training.transcription.recordings import Recording, words_in

VOICES = ("rms", "slt", "awb")
KIND = "read aloud"
RATE = 16_000
WORDS = (10, 22)
_NOT_READ = re.compile(r"[0-9&@#$%/*=<>\[\]()]|\bmr\b|\.\.\.|\b[A-Z]{2,}\b")
Samples = NDArray[np.float64]


def read_aloud(data: Path, clips: int, seed: int) -> Iterator[Recording]:
    """Yield so many sentences of EmoBank (letters, essays, fiction, news) by each voice. Needs the command `flite`."""
    chance = np.random.default_rng(seed)
    texts = sentences(data)
    chance.shuffle(texts)
    with TemporaryDirectory() as folder:
        for place, text in enumerate(texts[: clips * len(VOICES)]):
            samples = in_a_room(_spoken(text, VOICES[place // clips], chance, Path(folder) / "clip.wav"), chance)
            yield Recording(KIND, Waveform(samples.astype(np.float32), RATE), words_in(text))


def sentences(data: Path) -> list[str]:
    """Return the sentences of middling length, all of whose words are in the recogniser's dictionary."""
    known = _known_words()
    with gzip.open(data / "text/sentiment_emobank_train.jsonl.gz", "rt") as file:
        texts = [str(json.loads(line)["text"]) for line in file]
    return [text for text in texts if _can_be_read(text) and all(word in known for word in words_in(text))]


def _can_be_read(text: str) -> bool:
    fits = WORDS[0] <= len(words_in(text)) <= WORDS[1]
    whole = bool(text) and text[0].isupper() and text.rstrip().endswith((".", "?", "!", '"'))
    return fits and whole and not _NOT_READ.search(text) and not re.search(r"\bmr\b", text.lower())


def _known_words() -> set[str]:
    with (Path(pocketsphinx.get_model_path()) / "en-us/cmudict-en-us.dict").open() as file:
        return {line.split()[0] for line in file if line.strip()}


def _spoken(text: str, voice: str, chance: np.random.Generator, path: Path) -> Samples:
    slowness = f"duration_stretch={chance.uniform(0.92, 1.08):.2f}"
    command = ["flite", "-voice", voice, "--setf", slowness, "-t", text.replace('"', ""), "-o", str(path)]
    subprocess.run(command, check=True)
    with open_media(path) as media:
        quiet = np.zeros(RATE * 2 // 5)
        return np.concatenate([quiet, media.waveform().samples, quiet])


def in_a_room(samples: Samples, chance: np.random.Generator) -> Samples:
    """Return the sound with echoes that fade by 60 decibels in 0.15 to 0.4 s, and noise 18 to 32 decibels below it."""
    length = int(chance.uniform(0.15, 0.4) * RATE)
    echoes = chance.normal(size=length) * np.exp(-6.9 * np.arange(length) / length)
    echoes[0] = 0
    echoes *= 0.35 / np.sqrt(np.square(echoes).sum())
    echoes[0] = 1
    heard = np.convolve(samples, echoes)[: samples.size + length // 2]
    level = np.sqrt(np.mean(np.square(heard)))
    heard = heard + chance.normal(size=heard.size) * level * 10 ** (-chance.uniform(18, 32) / 20)
    louder: Samples = heard * (0.5 / np.abs(heard).max())
    return louder
