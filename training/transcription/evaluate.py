"""Print how much of each kind of recording the embedded transcriber hears right, and what its confidence is worth."""

import argparse
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from mien.extractors.voice_activity import VoiceActivity
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.transcription.choice import TranscriberChoice, choose, largest_whisper
from training.transcription.hearing import HeardWord, Hearing, heard
from training.transcription.recordings import Recording, acted, read_english

CLEAN = ("cities", "lj", "librivox")
THRESHOLD = 0.5
DATA = Path("../shared/data")


def main() -> None:
    """Hear the recordings and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--librivox", type=Path, help="test/data/librivox of PocketSphinx's source package")
    arguments.add_argument("--acted", type=int, default=24, help="clips of acted English")
    arguments.add_argument("--transcriber", choices=("moonshine", "pocketsphinx", "whisper"), default="moonshine")
    arguments.add_argument("--workers", type=int, default=1)
    told = arguments.parse_args()
    recordings = [*read_english(told.data, told.librivox), *acted(told.data, "ravdess", told.acted, seed=0)]
    begun = time.monotonic()
    hearings = hear(recordings, told.transcriber, told.workers)
    seconds = sum(one.waveform.samples.size / one.waveform.rate for one in recordings)
    print(table(hearings))
    print(f"{seconds:.0f} seconds of sound in {time.monotonic() - begun:.0f} seconds, {told.workers} processes")
    for one in hearings:
        if one.kind != "ravdess":
            print(f"{one.kind} {one.confidence:.2f}: {one.text}")


def hear(recordings: Iterable[Recording], name: str, workers: int) -> list[Hearing]:
    """Return what the transcriber of this name, as it ships, hears of recordings."""
    weights = read_settings().weights
    networks = NetworkRuntime(WeightsStore(weights), threads=1)
    transcriber = choose(TranscriberChoice(name, largest_whisper(weights), workers=workers, networks=networks))
    assert transcriber is not None
    return list(heard(recordings, VoiceActivity(networks), transcriber))


def table(hearings: Sequence[Hearing]) -> str:
    """Return word error rate, the share of words kept at confidence 0.5 and how many of those were right, by kind."""
    columns = ("recordings", "words said", "word error rate", "words kept", "of them right")
    rows = [_row(*columns), _row(*["---"] * len(columns))]
    kinds = list(dict.fromkeys(one.kind for one in hearings))
    groups = {kind: [one for one in hearings if one.kind == kind] for kind in kinds}
    groups = {"clean reading": [one for one in hearings if one.kind in CLEAN], **groups}
    for name, group in groups.items():
        said, errors = sum(one.said for one in group), sum(one.errors for one in group)
        words = [word for one in group for word in one.words]
        kept = [word for word in words if word.confidence >= THRESHOLD]
        rate = f"{errors / said:.3f}" if said else "no English"
        shares = _share(len(kept), len(words)), _share(_right(kept), len(kept))
        rows.append(_row(name, str(said), rate, *shares))
    return "\n".join(rows)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _right(words: Sequence[HeardWord]) -> int:
    return sum(word.right for word in words)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "none"


if __name__ == "__main__":
    main()
