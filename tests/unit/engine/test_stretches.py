"""A long recording in stretches gives what it gives as a whole: no word, window or face is lost or doubled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, PieceOutcome, Split
from mien.domain.labels import Heads
from mien.domain.media import Waveform
from mien.domain.network import Runtime
from mien.domain.request import FaceOptions, LanguageOptions, Options, ProsodyOptions, Transcription
from mien.domain.segment import Segment, TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.extractors.face_identity import IDENTITY
from mien.extractors.faces import FaceExtractor
from mien.extractors.passages import PassageExtractor
from mien.extractors.speech import SpeechExtractor
from mien.extractors.voice_activity import WEIGHTS
from mien.pipeline.analyze import Pipeline
from mien.pipeline.hearing import Hearing
from tests.fakes import FakeRuntime
from tests.fakes_faces import face_runtime
from tests.fakes_files import make_zip
from tests.fakes_pieces import Workshop
from tests.fakes_runtime import FakeNetwork
from tests.fakes_voice import LoudIsSpeech

RATE = 16_000
SECONDS = 50
PAUSES = (3.0, 7.5, 9.6, 14.2, 19.8, 21.0, 27.7, 30.4, 33.3, 38.9, 41.0, 46.2)


class Voiced:
    """Score a segment by its track, so that mixed-up segments show."""

    heads: ClassVar[Heads] = {"emotions": ("Length", "Place")}

    def __init__(self, runtime: Runtime) -> None:
        pass

    def predict(self, segments: Sequence[Segment], heads: frozenset[str]) -> Mapping[str, NDArray[np.float32]]:
        sizes = [getattr(one, "samples", np.zeros(3)).size for one in segments]
        return {"emotions": np.array([(size, size % 7) for size in sizes], np.float32).reshape(-1, 2)}


class Prosody(Voiced):
    name: ClassVar[str] = "prosody"
    options: ClassVar[type[Options]] = ProsodyOptions


class Language(Voiced):
    name: ClassVar[str] = "language"
    options: ClassVar[type[Options]] = LanguageOptions


class Faces(Voiced):
    name: ClassVar[str] = "face"
    options: ClassVar[type[Options]] = FaceOptions


class SecondsTeller:
    """Hear a word a half second, called by when it is said; surer of later ones."""

    def __init__(self, confidence: float = 0.875) -> None:
        self.confidence = confidence

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        words = [
            SpokenWord(f"w{begin:g}", TimeSpan(begin, begin + 0.4), self.confidence)
            for span in speech
            for begin in np.arange(np.ceil(span.begin * 2) / 2, span.end - 0.4, 0.5).tolist()
        ]
        return transcript_of(words, "en", self.confidence)


def pipeline(confidence: float = 0.875) -> Pipeline:
    def embed(inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        bright = inputs["chips"].max(axis=(1, 2, 3)) > 235
        return {"embeddings": np.eye(128, dtype=np.float32)[bright.astype(int)]}

    networks = {**face_runtime().networks, WEIGHTS: LoudIsSpeech(), IDENTITY: FakeNetwork(embed)}
    models = {"face": Faces, "prosody": Prosody, "language": Language}
    extractors = [FaceExtractor, SpeechExtractor, PassageExtractor]
    return Pipeline(models, extractors, FakeRuntime(networks), hearing=Hearing(SecondsTeller(confidence)))


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, pipeline(), piece_seconds=10.0)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mkv")


def write_film(path: Path, pictures: bool = True) -> Path:
    """Faces that move and are cut between: one, both, the other, none; somebody speaks but for some pauses."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("libx264", rate=5, options={"preset": "ultrafast"}) if pictures else None
        sound: Any = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        if pictures:
            track.width, track.height, track.pix_fmt, track.gop_size = 320, 240, "yuv420p", 35
        for second in range(SECONDS):
            for index in range(second * 5, second * 5 + 5) if pictures else ():
                frame = av.VideoFrame.from_ndarray(_picture(index), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 5)
                out.mux(track.encode(frame))
            spoken = av.AudioFrame.from_ndarray(_sound(second), format="s16", layout="mono")
            spoken.sample_rate, spoken.pts, spoken.time_base = RATE, second * RATE, Fraction(1, RATE)
            out.mux(sound.encode(spoken))
        for one in (track, sound) if pictures else (sound,):
            out.mux(one.encode())
    return path


def _picture(index: int) -> NDArray[np.uint8]:
    pixels = np.zeros((240, 320, 3), np.uint8)
    for place in ((0,), (0, 1), (1,), ())[index // 32 % 4]:
        left, top = 30 + 150 * place + index % 32, 60 + index % 16
        pixels[top : top + 90, left : left + 90] = (255, 200)[place]
    return pixels


def _sound(second: int) -> NDArray[np.int16]:
    times = second + np.arange(RATE) / RATE
    quiet = np.zeros(RATE, bool)
    for pause in PAUSES:
        quiet |= (times >= pause) & (times < pause + 0.9)
    return np.where(quiet, 0, 8000).astype(np.int16)[None]


ASKED: list[dict[str, dict[str, Any]]] = [
    {"prosody": {"granularity": "utterance"}, "language": {"granularity": "utterance"}},
    {"prosody": {"granularity": "word"}, "language": {"granularity": "word"}},
    {"prosody": {"window": {"length": 4.0, "step": 1.5}}},
    {"prosody": {"window": {"length": 25.0, "step": 5.0}}},
]


@pytest.mark.parametrize("models", ASKED, ids=["utterances", "words", "windows", "long windows"])
def test_speech_in_stretches_is_the_speech(shop: Workshop, film: Path, models: dict[str, dict[str, Any]]) -> None:
    task = shop.task(film, models)
    joined, pieces = shop.split(task, seed=1)
    assert len(pieces) == 5
    assert shop.element(joined) == shop.element(shop.whole(task))
    assert shop.artifact_bytes(joined) == shop.artifact_bytes(shop.whole(task))


def test_blobs_that_lie_elsewhere_are_brought_as_far_as_they_are_needed(shop: Workshop, film: Path) -> None:
    shop.far = True
    task = shop.task(film, {**ASKED[3], "face": {"fps_pred": 1}})
    joined, _pieces = shop.split(task, seed=6)
    whole = shop.whole(task)
    mine, theirs = (shop.predictions(one)["results"]["predictions"][0]["models"] for one in (joined, whole))
    assert mine["prosody"] == theirs["prosody"]
    assert len(_faces(shop.predictions(joined))[0][1]) == len(_faces(shop.predictions(whole))[0][1])


def test_without_words_the_recording_is_one_stretch_of_speech(shop: Workshop, film: Path) -> None:
    task = shop.task(film, {"prosody": {}}, transcription=None)
    joined, _pieces = shop.split(task, seed=2)
    assert shop.element(joined) == shop.element(shop.whole(task))
    assert joined.num_predictions == 1


def test_a_doubtful_transcript_is_refused_once_and_as_a_whole(tmp_path: Path, film: Path) -> None:
    shop = Workshop(tmp_path, pipeline(confidence=0.25), piece_seconds=10.0)
    task = shop.task(film, {"language": {}})
    joined, _pieces = shop.split(task)
    assert shop.element(joined) == shop.element(shop.whole(task))
    (error,) = shop.predictions(joined)["results"]["errors"]
    assert "transcript confidence (0.25) below threshold value (0.5)" in error["message"]


def test_faces_keep_frames_places_and_names(shop: Workshop, film: Path) -> None:
    task = shop.task(film, {"face": {"identify_faces": True, "save_faces": True, "fps_pred": 5}})
    joined, pieces = shop.split(task, seed=3)
    whole = shop.whole(task)
    assert len(pieces) == 5
    assert sorted(shop.artifacts(joined)) == sorted(shop.artifacts(whole))
    mine, theirs = (_faces(shop.predictions(outcome)) for outcome in (joined, whole))
    assert [name for name, _ in mine] == [name for name, _ in theirs] == ["face_0", "face_1"]
    for (_, found), (_, expected) in zip(mine, theirs, strict=True):
        assert [(one["frame"], one["time"]) for one in found] == [(one["frame"], one["time"]) for one in expected]
        for one, other in zip(found, expected, strict=True):
            assert list(one["box"].values()) == pytest.approx(list(other["box"].values()), abs=2)


def _faces(element: Any) -> list[tuple[str, list[Any]]]:
    (entry,) = element["results"]["predictions"]
    return [(group["id"], group["predictions"]) for group in entry["models"]["face"]["grouped_predictions"]]


def test_a_long_film_in_an_archive_is_found_there_and_cut(shop: Workshop, film: Path, tmp_path: Path) -> None:
    shop.piece_files = 1.0
    padded = film.read_bytes() + bytes(2_000_000)
    path = make_zip(tmp_path / "films.zip", {"a.txt": b"hello there", "films/long.mkv": padded, "z.txt": b"good bye"})
    task = shop.task(path, {"language": {"granularity": "utterance"}, "face": {"identify_faces": True}})
    joined, pieces = shop.split(task, seed=4)
    assert sum(piece.begin_seconds is not None for piece in pieces) == 5
    whole = shop.predictions(shop.whole(task))["results"]
    found = shop.predictions(joined)["results"]
    assert [entry["file"] for entry in found["predictions"]] == [entry["file"] for entry in whole["predictions"]]
    for one, other in zip(found["predictions"], whole["predictions"], strict=True):
        assert one["models"].get("language") == other["models"].get("language")


def test_a_sound_file_is_cut_alike(shop: Workshop, tmp_path: Path) -> None:
    task = shop.task(write_film(tmp_path / "talk.mka", pictures=False), ASKED[0])
    joined, pieces = shop.split(task, seed=5)
    assert len(pieces) == 5
    assert shop.element(joined) == shop.element(shop.whole(task))


def test_a_stretch_that_stopped_its_process_twice_is_lost_and_the_rest_stays(shop: Workshop, film: Path) -> None:
    task = shop.task(film, {"face": {"fps_pred": 1}})
    found = shop.step(task)
    assert isinstance(found, Split)
    ended = list(shop.ended(task, found))
    aside = replace(task, piece=ended[2].piece, kept=found.kept, suspects={0: 2}, crashes=2, worker="w7", attempt=3)
    lost = shop.step(aside)
    assert isinstance(lost, Outcome)
    ended[2] = PieceOutcome(ended[2].piece, lost)
    joined = shop.step(replace(task, joined=tuple(ended), kept=found.kept, attempt=2))
    assert isinstance(joined, Outcome)
    results = shop.predictions(joined)["results"]
    (error,) = results["errors"]
    assert error["message"].startswith("from 20 s to 30 s: the file stopped the process")
    times = [one["time"] for _, group in _faces(shop.predictions(joined)) for one in group]
    assert times and not [time for time in times if 20 <= time < 30]


def test_a_model_that_needs_the_whole_film_gets_it(tmp_path: Path, film: Path) -> None:
    class WholeOnly(FaceExtractor):
        in_stretches: ClassVar[bool] = False

    whole = Pipeline({"face": Faces}, [WholeOnly], face_runtime())
    shop = Workshop(tmp_path, whole, piece_seconds=10.0)
    assert isinstance(shop.step(shop.task(film, {"face": {"fps_pred": 1}})), Outcome)
