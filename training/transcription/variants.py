"""Print how many words PocketSphinx hears wrong with other settings, or adapted to each speaker in a second pass.

`--set lw=8 --set remove_noise=no` changes settings of the recogniser, those of its front end too. `--adapt` hears
every recording twice; `--together` takes the clips of one reader for one recording. The recogniser runs in this
process, on one core.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pocketsphinx import Decoder

from mien.extractors.voice_activity import VoiceActivity
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.transcription.pocketsphinx_transcriber import said_in
from mien.transcription.recogniser_pool import Heard
from mien.transcription.stretches import sixteen_bits
from training.transcription.adaptation import AcousticModel, Aligned, Floats, read_model, transform_of, transformed
from training.transcription.evaluate import DATA
from training.transcription.hearing import compared
from training.transcription.recordings import Recording, read_english

RATE = 16_000
SILENCES = frozenset({"SIL", "+SPN+", "+NSN+"})


@dataclass(frozen=True)
class Clip:
    """Hold the sound of each stretch of speech of a recording, and the words said."""

    kind: str
    sounds: tuple[bytes, ...]
    said: tuple[str, ...]


def main() -> None:
    """Hear the readings with the settings given, and print word errors by kind and the processor time."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--librivox", type=Path, help="test/data/librivox of PocketSphinx's source package")
    arguments.add_argument("--set", action="append", default=[], help="NAME=VALUE of the recogniser; may be repeated")
    arguments.add_argument("--adapt", action="store_true")
    arguments.add_argument("--together", action="store_true")
    arguments.add_argument("--kind", action="append", help="cities, lj, librivox or jfk; default: all")
    told = arguments.parse_args()
    activity = VoiceActivity(NetworkRuntime(WeightsStore(read_settings().weights), threads=1))
    recordings = [one for one in read_english(told.data, told.librivox) if not told.kind or one.kind in told.kind]
    seconds = sum(one.waveform.samples.size for one in recordings) / RATE
    clips = [_clip(one, activity) for one in recordings]
    with TemporaryDirectory() as folder:
        ear = Ear(dict(one.split("=", 1) for one in told.set), Path(folder))
        begun = time.process_time()
        for kind in dict.fromkeys(clip.kind for clip in clips):
            group = [clip for clip in clips if clip.kind == kind]
            heard = list(_adapted(ear, group, told.together) if told.adapt else map(ear.hear, group))
            errors = sum(compared(words, clip.said)[0] for words, clip in zip(heard, group, strict=True))
            print(f"{kind}: {errors} errors of {sum(len(clip.said) for clip in group)} words", flush=True)
    print(f"{(time.process_time() - begun) / seconds:.2f} processor seconds per second of sound")


class Ear:
    """Be a recogniser with settings of one's own, which writes the cepstra it hears to a folder."""

    def __init__(self, told: dict[str, str], folder: Path) -> None:
        self._folder = folder
        settings = {name: _read(value) for name, value in told.items()}
        self._decoder = Decoder(loglevel="FATAL", samprate=float(RATE), mfclogdir=str(folder), **settings)
        for name, value in settings.items():  # those of the front end lost against the model's own
            self._decoder.config[name] = value
        self.model: AcousticModel = read_model(Path(self._decoder.config["hmm"]))

    def hear(self, clip: Clip) -> list[str]:
        """Return the words of a recording."""
        return [word for sound in clip.sounds for word in _names(self._recognise(sound))]

    def align(self, sound: bytes) -> Aligned:
        """Return what is heard in a stretch, state by state."""
        heard = self._recognise(sound)
        cepstra = self._cepstra()
        sure = np.zeros(len(cepstra))
        for name, first, last, likely in heard:
            sure[first : last + 1] = 0.0 if name[0] in "<[+" else likely
        self._decoder.set_alignment()
        self._recognise(sound)
        rows = [
            (place, self.model.phones.index(phone.name), int(state.name))
            for word in self._decoder.get_alignment()
            for phone in word
            if phone.name not in SILENCES
            for state in phone
            for place in range(state.start, min(len(cepstra), state.start + state.duration))
        ]
        self._decoder.activate_search()
        places, phones, states = np.array(rows, np.int64).reshape(-1, 3).T
        return Aligned(cepstra - cepstra.mean(axis=0), places, phones, states, sure[places])

    def hear_cepstra(self, cepstra: Floats) -> list[str]:
        """Return the words of a stretch whose cepstra are given, as they are to be compared with the model."""
        kept, self._decoder.config["cmn"] = self._decoder.config["cmn"], "none"
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_cep(np.ascontiguousarray(cepstra, np.float32).tobytes(), full_utt=True)
        self._decoder.end_utt()
        self._decoder.config["cmn"] = kept
        return _names(self._words())

    def _recognise(self, sound: bytes) -> list[Heard]:
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()
        return self._words()

    def _words(self) -> list[Heard]:
        return [(one.word, one.start_frame, one.end_frame, one.prob) for one in self._decoder.seg() or ()]

    def _cepstra(self) -> Floats:
        """Return the cepstra heard last, frames x 13."""
        path = max(self._folder.glob("*.mfc"))
        return np.fromfile(path, ">f4", offset=4).reshape(-1, 13).astype(np.float64)


def _adapted(ear: Ear, clips: Sequence[Clip], together: bool) -> Iterator[list[str]]:
    """Yield the words of each recording, heard a second time after a transform of its own, or of all of them."""
    aligned = [[ear.align(sound) for sound in clip.sounds] for clip in clips]
    everything = [stretch for stretches in aligned for stretch in stretches]
    for stretches in aligned:
        transform = transform_of(ear.model, everything if together else stretches)
        yield [word for one in stretches for word in ear.hear_cepstra(transformed(one.cepstra, transform))]


def _clip(recording: Recording, activity: VoiceActivity) -> Clip:
    speech = activity.speech(recording.waveform)
    return Clip(recording.kind, tuple(sixteen_bits(recording.waveform, span) for span in speech), recording.said)


def _names(heard: Sequence[Heard]) -> list[str]:
    return [name.lower() for name, *_ in said_in(heard)]


def _read(value: str) -> Any:
    if value in ("yes", "no"):
        return value == "yes"
    try:
        return float(value)
    except ValueError:
        return value


if __name__ == "__main__":
    main()
