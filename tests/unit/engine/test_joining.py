"""Who talks in a long recording is found out once for all its pieces, and is what the whole recording gives."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.labels import Heads
from mien.domain.media import Waveform
from mien.domain.network import Runtime
from mien.domain.request import LanguageOptions, Options, ProsodyOptions, Transcription
from mien.domain.segment import Segment, TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.extractors import voice_activity, voice_prints
from mien.extractors.passages import PassageExtractor
from mien.extractors.speakers import SpeakerDiariser
from mien.extractors.speech import SpeechExtractor
from mien.pipeline.analyze import Pipeline
from mien.pipeline.hearing import Hearing
from tests.fakes import FakeRuntime
from tests.fakes_pieces import Workshop
from tests.fakes_voice import RATE, LoudIsSpeech, Pitch

PHRASES = (2000, 400, 2000, 2000, 1000, 400, 1000, 2000, 2000, 400, 400, 1000, 2000)
PHRASE_SECONDS, PAUSE_SECONDS = 3.0, 0.9


class Lengths:
    """Score a segment by how long it is and where it starts, so that mixed-up segments show."""

    heads: ClassVar[Heads] = {"emotions": ("Length", "Place")}

    def __init__(self, runtime: Runtime) -> None:
        pass

    def predict(self, segments: Sequence[Segment], heads: frozenset[str]) -> Mapping[str, NDArray[np.float32]]:
        sizes = [getattr(one, "samples", np.zeros(3)).size for one in segments]
        return {"emotions": np.array([(size, size % 7) for size in sizes], np.float32).reshape(-1, 2)}


class Prosody(Lengths):
    name: ClassVar[str] = "prosody"
    options: ClassVar[type[Options]] = ProsodyOptions


class Language(Lengths):
    name: ClassVar[str] = "language"
    options: ClassVar[type[Options]] = LanguageOptions


class SecondsTeller:
    """Hear a word a half second."""

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        words = [
            SpokenWord(f"w{begin:g}", TimeSpan(begin, begin + 0.4), 0.875)
            for span in speech
            for begin in np.arange(np.ceil(span.begin * 2) / 2, span.end - 0.4, 0.5).tolist()
        ]
        return transcript_of(words, "en", 0.875)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    networks = {voice_activity.WEIGHTS: LoudIsSpeech(), voice_prints.WEIGHTS: Pitch()}
    pipeline = Pipeline(
        {"prosody": Prosody, "language": Language},
        [SpeechExtractor, PassageExtractor],
        FakeRuntime(networks),
        hearing=Hearing(SecondsTeller(), SpeakerDiariser),
    )
    return Workshop(tmp_path, pipeline, piece_seconds=10.0)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three voices, each a tone with some breath, one after the other with pauses between; 50.7 s."""
    random = np.random.default_rng(5)
    parts = []
    times = np.arange(round(PHRASE_SECONDS * RATE)) / RATE
    for hertz in PHRASES:
        parts += [0.3 * np.sin(2 * np.pi * hertz * times) + random.normal(0, 0.01, times.size)]
        parts += [np.zeros(round(PAUSE_SECONDS * RATE))]
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        sound = (np.concatenate(parts) * 32_767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
        frame.sample_rate = RATE
        out.mux(track.encode(frame))
        out.mux(track.encode())
    return path


ASKED: dict[str, dict[str, dict[str, Any]]] = {
    "windows": {"prosody": {"window": {"length": 4.0, "step": 0.5}, "identify_speakers": True}},
    "utterances": {"prosody": {"identify_speakers": True}, "language": {"granularity": "utterance"}},
    "words": {"prosody": {"granularity": "word"}, "language": {"granularity": "word", "identify_speakers": True}},
}


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("asked", ASKED)
def test_speakers_of_pieces_are_those_of_the_whole(shop: Workshop, talk: Path, asked: str, seed: int | None) -> None:
    task = shop.task(talk, ASKED[asked])
    joined, pieces = shop.split(task, seed)
    whole = shop.whole(task)
    assert len(pieces) == 6
    assert groups(shop.predictions(joined)) == groups(shop.predictions(whole))
    assert shop.element(joined) == shop.element(whole)
    assert shop.artifact_bytes(joined) == shop.artifact_bytes(whole)


def groups(element: Any) -> dict[str, list[tuple[str, int]]]:
    (entry,) = element["results"]["predictions"]
    found = {
        name: [(group["id"], len(group["predictions"])) for group in model["grouped_predictions"]]
        for name, model in entry["models"].items()
    }
    assert {name for model in found.values() for name, _count in model} >= {"spk_0", "spk_1", "spk_2"}
    return found
