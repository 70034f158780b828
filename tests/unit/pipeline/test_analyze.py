from collections.abc import Iterator
from typing import ClassVar

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, NothingApplies
from mien.domain.media import Media, MediaKind
from mien.domain.request import FaceExtraction, InferenceRequest, Transcription
from mien.domain.result import ItemFailure
from mien.domain.segment import Segment
from mien.domain.source_memory import SourceMemory
from mien.domain.transcript import Transcript
from mien.pipeline.analyze import Pipeline
from mien.testing import FakeMedia
from tests.fakes import BlueModel, FakeRuntime, RedModel, SmellModel, WholePicture, face, picture


@pytest.fixture
def pipeline() -> Pipeline:
    WholePicture.walks = 0
    models = {"red": RedModel, "blue": BlueModel, "smell": SmellModel}
    return Pipeline(models, [WholePicture], FakeRuntime())


def ask(**models: dict) -> InferenceRequest:
    return InferenceRequest(models=models, urls=())


def film(frames: int) -> FakeMedia:
    return FakeMedia(MediaKind.VIDEO, [picture(index) for index in range(frames)], fps=3.0)


def test_every_segment_becomes_a_prediction_with_its_own_row(pipeline):
    result = pipeline.analyze(film(100), "film.mp4", ask(red={}), Cancellation())
    (red,) = result.models
    assert result.num_predictions == 100
    assert [prediction.segment.frame for prediction in red.predictions] == list(range(100))
    assert red.predictions[51].scores["emotions"][0] == pytest.approx(51 / 255)


def test_two_models_that_want_the_same_faces_share_one_walk(pipeline):
    result = pipeline.analyze(film(5), "film.mp4", ask(blue={}, red={}), Cancellation())
    assert WholePicture.walks == 1
    assert [model.model for model in result.models] == ["blue", "red"]


def test_only_the_heads_asked_for_are_scored(pipeline):
    plain = pipeline.analyze(film(1), "film.mp4", ask(red={}), Cancellation())
    toned = pipeline.analyze(film(1), "film.mp4", ask(red={"tones": True}), Cancellation())
    assert set(plain.models[0].predictions[0].scores) == {"emotions"}
    assert set(toned.models[0].predictions[0].scores) == {"emotions", "tones"}


def test_predictions_do_not_hold_on_to_pictures(pipeline):
    result = pipeline.analyze(film(1), "film.mp4", ask(red={}), Cancellation())
    assert result.models[0].predictions[0].segment.picture.size == 0


def test_faces_are_handed_over_only_when_they_are_to_be_saved(pipeline):
    kept: list = []
    pipeline.analyze(film(2), "film.mp4", ask(red={}), Cancellation(), kept.append)
    assert kept == []
    pipeline.analyze(film(2), "film.mp4", ask(red={"save_faces": True}), Cancellation(), kept.append)
    assert [face.picture.shape for face in kept] == [(8, 6, 3)] * 2


def test_a_file_no_requested_model_understands_says_so(pipeline):
    with pytest.raises(NothingApplies, match=r"\(red\) applies to audio files"):
        pipeline.analyze(FakeMedia(MediaKind.AUDIO), "talk.wav", ask(red={}), Cancellation())


def test_a_model_without_an_extractor_is_left_out_beside_others(pipeline):
    result = pipeline.analyze(film(1), "film.mp4", ask(smell={}, red={}), Cancellation())
    assert [model.model for model in result.models] == ["red"]


def test_cancelling_stops_between_frames(pipeline):
    cancellation = Cancellation()

    class Cancelling(FakeMedia):
        def frames(self, fps):
            for frame in super().frames(fps):
                if frame.index == 3:
                    cancellation.cancel(Cancelled())
                yield frame

    media = Cancelling(MediaKind.VIDEO, [picture(0)] * 9, fps=3.0)
    with pytest.raises(Cancelled, match="job was cancelled"):
        pipeline.analyze(media, "film.mp4", ask(red={}), cancellation)


@pytest.mark.parametrize(("named", "expected"), [({"language": "de"}, "de"), ({}, None)])
def test_the_language_a_client_names_reaches_the_extractor_of_a_text(named, expected):
    class Listening(WholePicture):
        kinds = frozenset({MediaKind.TEXT})
        reads_transcript = True
        heard: ClassVar[list] = []

        def extract(self, media, transcript, wanted):
            self.heard.append(transcript and transcript.language)
            return iter(())

    request = InferenceRequest(models={"red": {}}, texts=("x",), transcription=Transcription(**named))
    Pipeline({"red": RedModel}, [Listening], FakeRuntime()).analyze(
        FakeMedia(MediaKind.TEXT, text="x"), "1", request, Cancellation()
    )
    assert Listening.heard == [expected]


class Remembering(WholePicture):
    """Number the faces of a source through all its files."""

    faces: list[int]

    def remembering(self, memory: SourceMemory) -> "Remembering":
        one = Remembering(FakeRuntime())
        one.faces = memory.recall(list, list)
        memory.remark("numbered by a test")
        return one

    def extract(self, media: Media, transcript: Transcript | None, wanted: FaceExtraction) -> Iterator[Segment]:
        for frame in media.frames(0):
            self.faces.append(frame.index)
            yield face(frame.pixels, frame.index, frame.seconds, f"face_{len(self.faces) - 1}")


def test_the_files_of_one_source_share_a_memory_and_what_is_remarked_is_told_once() -> None:
    pipeline, memory = Pipeline({"red": RedModel}, [Remembering], FakeRuntime()), SourceMemory()

    first, second = (
        pipeline.analyze(film(2), name, ask(red={}), Cancellation(), memory=memory) for name in ("a.mp4", "b.mp4")
    )
    other = pipeline.analyze(film(1), "c.mp4", ask(red={}), Cancellation())

    tracks = [row.segment.track for result in (first, second, other) for row in result.models[0].predictions]
    assert tracks == ["face_0", "face_1", "face_2", "face_3", "face_0"]
    assert first.errors == (ItemFailure("a.mp4", "numbered by a test"),)
    assert second.errors == ()
