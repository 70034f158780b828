"""Read recordings whose words are known: read English, old and noisy English, acted English and Polish."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.domain.media import Waveform
from mien.media.opening import open_media
from mien.settings import read_settings
from mien.transcription.spoken_numbers import number_words

TWO_CITIES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of "
    "Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing "
    "before us, we were all going direct to Heaven, we were all going direct the other way. In short, the period was "
    "so far like the present period, that some of its noisiest authorities insisted on its being received, for good "
    "or for evil, in the superlative degree of comparison only."
)
_LIBRIVOX_LINE = re.compile(r"<s>\s*(.*?)\s*</s>\s*\((.*)\)")
_WORD = re.compile(r"[a-z']+")
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(st|nd|rd|th|s)?\b")


@dataclass(frozen=True)
class Recording:
    """Hold a recording at 16 kHz, the words said in it (none where they are not English), and of what kind it is."""

    kind: str
    waveform: Waveform
    said: tuple[str, ...]


def words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text in small letters, without marks; a hyphen parts words, mister is mr, 2 is two."""
    spelled = _NUMBER.sub(lambda found: " ".join(number_words(found[1].rstrip(","), found[2] or "")), text.lower())
    return tuple(_WORD.findall(spelled.replace("mister", "mr")))


def read_english(data: Path, librivox: Path | None) -> Iterator[Recording]:
    """Yield clean readings (`cities`, `lj`, `librivox`) and an old speech (`jfk`).

    `librivox` is the folder `test/data/librivox` of PocketSphinx's source package; without it that kind is left out.
    """
    yield _recording("cities", read_settings().samples / "two_cities.wav", TWO_CITIES)
    told = json.loads((data / "media/audio/reference.json").read_text())["transcripts"]
    for name, text in told.items():
        yield _recording("lj" if name.startswith("LJ") else "jfk", data / "media/audio" / name, text)
    if librivox is not None:
        for text, name in _LIBRIVOX_LINE.findall((librivox / "transcription").read_text()):
            yield _recording("librivox", librivox / f"{name}.wav", text)


def acted(data: Path, corpus: str, clips: int, seed: int) -> Iterator[Recording]:
    """Yield clips of the training speakers of `ravdess` (English) or `nemo` (Polish: no word of it is English)."""
    with (data / "speech/clips.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["corpus"] == corpus and row["split"] == "train"]
    chosen = sorted(np.random.default_rng(seed).permutation(len(rows))[:clips].tolist())
    opened: dict[str, Waveform] = {}
    for row in (rows[index] for index in chosen):
        if row["file"] not in opened:
            opened = {row["file"]: _recording(corpus, data / "speech" / row["file"], "").waveform}
        begin, length = int(row["start"]), int(row["n"])
        cut = Waveform(opened[row["file"]].samples[begin : begin + length], opened[row["file"]].rate)
        yield Recording(corpus, cut, words_in(row["text"]) if row["language"] == "en" else ())


def with_noise(recording: Recording, decibels: float, seed: int) -> Recording:
    """Return the recording under white noise, so many decibels below its speech."""
    samples = recording.waveform.samples
    level = float(np.sqrt(np.mean(np.square(samples)))) * 10 ** (-decibels / 20)
    noise = np.random.default_rng(seed).normal(size=samples.size).astype(np.float32) * np.float32(level)
    return Recording(f"{recording.kind} in noise", Waveform(samples + noise, recording.waveform.rate), recording.said)


def _recording(kind: str, path: Path, text: str) -> Recording:
    with open_media(path) as media:
        waveform = media.waveform()
        return Recording(kind, Waveform(np.array(waveform.samples), waveform.rate), words_in(text))
