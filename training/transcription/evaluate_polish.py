"""Print how much of acted Polish Whisper hears right, with and without the language named, and as which language."""

import argparse
import csv
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.extractors.voice_activity import VoiceActivity
from mien.media.opening import open_media
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.transcription.choice import TranscriberChoice, choose, largest_whisper
from training.transcription.evaluate import table
from training.transcription.hearing import HeardWord, Hearing, compared
from training.transcription.recordings import Recording

RATE = 16_000
LONGEST_SECONDS = 27.0
PAUSE_SECONDS = 0.8
QUIET = 1e-4
_WORD = re.compile(r"[^\W_]+")


def main() -> None:
    """Hear clips one after the other, with pauses between them, and print a table and what was heard."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--clips", type=int, default=40)
    arguments.add_argument("--alone", action="store_true", help="hear each clip by itself")
    arguments.add_argument("--language", help="name the language instead of having it recognised")
    told = arguments.parse_args()
    recordings = list(polish(told.data, told.clips, 0.0 if told.alone else LONGEST_SECONDS))
    begun = time.process_time()
    hearings, languages = zip(*hear(recordings, told.language), strict=True)
    seconds = sum(one.waveform.samples.size for one in recordings) / RATE
    print(table(hearings))
    print(f"{seconds:.0f} seconds of sound in {time.process_time() - begun:.0f} processor seconds")
    for one, language in zip(hearings, languages, strict=True):
        print(f"{language} {one.confidence:.2f}: {one.text}")


def polish(data: Path, clips: int, longest: float) -> Iterator[Recording]:
    """Yield recordings of clips of the training speakers, joined up to `longest` seconds with near silence between."""
    with (data / "speech/clips.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["corpus"] == "nemo" and row["split"] == "train"]
    chance = np.random.default_rng(0)
    quiet = (chance.normal(size=round(PAUSE_SECONDS * RATE)) * QUIET).astype(np.float32)
    parts, said = [quiet], ""
    opened: dict[str, np.ndarray] = {}
    for index in sorted(chance.permutation(len(rows))[:clips].tolist()):
        row = rows[index]
        if row["file"] not in opened:
            opened = {row["file"]: _samples(data / "speech" / row["file"])}
        cut = opened[row["file"]][int(row["start"]) : int(row["start"]) + int(row["n"])]
        if said and sum(part.size for part in parts) + cut.size > longest * RATE:
            yield _recording(parts, said)
            parts, said = [quiet], ""
        parts, said = [*parts, cut, quiet], f"{said} {row['text']}"
    yield _recording(parts, said)


def hear(recordings: list[Recording], language: str | None) -> Iterator[tuple[Hearing, str | None]]:
    """Yield what Whisper, as it ships, hears of each recording, and which language it takes it for."""
    settings = read_settings()
    networks = NetworkRuntime(WeightsStore(settings.weights), threads=1)
    whisper = choose(TranscriberChoice("whisper", settings.whisper_model or largest_whisper(settings.weights)))
    assert whisper is not None
    activity = VoiceActivity(networks)
    for one in recordings:
        wanted = Transcription.model_validate({"language": language})
        heard = whisper.transcribe(one.waveform, activity.speech(one.waveform), wanted, Cancellation())
        found = [(name, word.confidence or 0.0) for word in heard.words for name in words_in(word.text)]
        errors, right = compared([name for name, _ in found], one.said)
        words = tuple(HeardWord(len(name), sure, yes) for (name, sure), yes in zip(found, right, strict=True))
        told = Hearing(one.kind, words, heard.text, heard.confidence or 0.0, errors, len(one.said))
        yield told, heard.language


def words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text in any language in small letters, without marks."""
    return tuple(_WORD.findall(text.lower()))


def _samples(path: Path) -> np.ndarray:
    with open_media(path) as media:
        return np.array(media.waveform().samples)


def _recording(parts: list[np.ndarray], said: str) -> Recording:
    return Recording("Polish", Waveform(np.concatenate(parts), RATE), words_in(said))


if __name__ == "__main__":
    main()
