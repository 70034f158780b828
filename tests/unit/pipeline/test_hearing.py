from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe
from mien.domain.media import MediaKind
from mien.domain.request import (
    Extraction,
    InferenceRequest,
    Options,
    SpeechExtraction,
    TextExtraction,
    Transcription,
)
from mien.domain.result import ItemResult, SpeechMetadata
from mien.domain.segment import SpeechSegment, TimeSpan
from mien.domain.transcript import Captions, SpokenWord
from mien.extractors.passages import PassageExtractor
from mien.extractors.speech import SpeechExtractor
from mien.pipeline.analyze import Pipeline
from mien.pipeline.hearing import Hearing
from mien.testing import FakeMedia
from tests.fakes import RedModel, WholePicture, picture
from tests.fakes_voice import ToldTranscriber, TwoSpeakers, VoiceRuntime, sound

WORDS = ("Hi,", "Nun.", "How", "are", "you?")


class Loudness(RedModel):
    """Score how loud a stretch is."""

    name: ClassVar[str] = "loudness"
    heads: ClassVar = {"emotions": ("Loud",)}

    class LoudnessOptions(Options):
        granularity: str = "sentence"
        window: bool = False
        identify_speakers: bool = False

        def extraction(self) -> Extraction:
            return SpeechExtraction(self.granularity, (2.0, 1.0) if self.window else None, self.identify_speakers)

    options: ClassVar[type[Options]] = LoudnessOptions

    def predict(self, segments, heads):
        return {"emotions": np.array([[np.abs(one.samples).mean()] for one in segments], np.float32).reshape(-1, 1)}


class Length(Loudness):
    """Score how long a text is."""

    name: ClassVar[str] = "length"

    class LengthOptions(Options):
        granularity: str = "sentence"

        def extraction(self) -> Extraction:
            return TextExtraction(self.granularity)

    options: ClassVar[type[Options]] = LengthOptions

    def predict(self, segments, heads):
        return {"emotions": np.array([[len(one.text)] for one in segments], np.float32).reshape(-1, 1)}


class Recording(FakeMedia):
    """Be a recording with subtitles, that counts how often it is decoded."""

    def __init__(self, subtitles: tuple[Captions, ...] = (), kind: MediaKind = MediaKind.AUDIO, level: float = 0.5):
        super().__init__(kind, [picture(9)], samples=sound((1.0, 0.0), (3.0, level)))
        self.subtitles = subtitles
        self.decoded = 0

    def waveform(self):
        self.decoded += 1
        return super().waveform()

    def captions(self):
        return self.subtitles


def measure(media, hearing: Hearing, models: dict | None = None, told: Transcription | None = Transcription()):
    every = {"loudness": Loudness, "length": Length, "red": RedModel}
    pipeline = Pipeline(every, [SpeechExtractor, PassageExtractor, WholePicture], VoiceRuntime(), hearing=hearing)
    request = InferenceRequest(models=models or {"loudness": {}, "length": {}}, transcription=told)
    return pipeline.analyze(media, "talk.wav", request, Cancellation())


def texts(result: ItemResult, model: str) -> list[str | None]:
    (found,) = [one for one in result.models if one.model == model]
    return [prediction.segment.text for prediction in found.predictions]


def test_all_speech_models_share_one_transcript():
    transcriber = ToldTranscriber(*WORDS)
    result = measure(Recording(), Hearing(transcriber))
    assert texts(result, "loudness") == texts(result, "length") == ["Hi, Nun.", "How are you?"]
    assert {model.metadata for model in result.models} == {SpeechMetadata(0.9, "en")}
    ((speech, _),) = transcriber.asked
    assert speech[0].begin == pytest.approx(0.8, abs=0.04)


def test_a_doubtful_transcript_is_refused_in_the_words_of_the_contract():
    transcriber = ToldTranscriber(*WORDS, confidence=0.317)
    result = measure(Recording(kind=MediaKind.VIDEO), Hearing(transcriber), {"red": {}, "loudness": {}, "length": {}})
    (error,) = result.errors
    text = "unable to transcribe file: transcript confidence (0.31) below threshold value (0.5)"
    assert (error.file, error.message) == ("talk.wav", text)
    assert [(model.model, len(model.predictions)) for model in result.models] == [
        ("red", 1), ("loudness", 0), ("length", 0),
    ]  # fmt: skip
    assert result.models[1].metadata == SpeechMetadata(0.317, "en")


def test_the_client_says_how_sure_is_sure_enough():
    result = measure(
        Recording(), Hearing(ToldTranscriber("Hi.", confidence=0.3)), told=Transcription(confidence_threshold=0.2)
    )
    assert texts(result, "length") == ["Hi."]


def test_silence_has_no_confidence_at_all():
    transcriber = ToldTranscriber("Hi.")
    (error,) = measure(Recording(level=0.0), Hearing(transcriber)).errors
    assert error.message.endswith("transcript confidence (0.0) below threshold value (0.5)")
    assert transcriber.asked == []
    quiet = measure(Recording(level=0.0), Hearing(transcriber), told=Transcription(confidence_threshold=0.0))
    assert (quiet.errors, quiet.num_predictions) == ((), 0)
    assert quiet.models[0].metadata == SpeechMetadata(0.0, None)


def test_what_cannot_be_transcribed_leaves_the_other_models_alone():
    failing = Hearing(ToldTranscriber(problem="unable to transcribe file: the server is away"))
    result = measure(Recording(kind=MediaKind.VIDEO), failing, {"red": {}, "length": {}})
    assert [model.model for model in result.models] == ["red"]
    assert result.errors[0].message == "unable to transcribe file: the server is away"
    with pytest.raises(CannotTranscribe, match="server is away"):
        measure(Recording(), failing)


def test_without_a_transcriber_the_file_says_so():
    with pytest.raises(CannotTranscribe, match="no transcriber is set up"):
        measure(Recording(), Hearing())


def test_windows_need_no_transcript():
    transcriber = ToldTranscriber(*WORDS)
    result = measure(Recording(), Hearing(transcriber), {"loudness": {"window": True}})
    assert transcriber.asked == []
    assert texts(result, "loudness") == [None] * 3
    assert result.models[0].metadata is None


def test_windows_come_out_beside_a_refused_transcript():
    doubtful = Hearing(ToldTranscriber("Hm", confidence=0.1))
    result = measure(Recording(), doubtful, {"loudness": {"window": True}, "length": {}})
    assert [(model.model, len(model.predictions)) for model in result.models] == [("loudness", 3), ("length", 0)]


def test_transcription_turned_off_leaves_the_recording_whole_and_no_text():
    transcriber = ToldTranscriber(*WORDS)
    result = measure(Recording(), Hearing(transcriber), told=None)
    assert transcriber.asked == []
    assert (texts(result, "loudness"), texts(result, "length")) == ([None], [])
    assert {model.metadata for model in result.models} == {None}


def test_subtitles_count_as_what_is_said_unless_turned_off():
    subtitles = (Captions((SpokenWord("Read this.", TimeSpan(1, 2)),), "en"),)
    transcriber = ToldTranscriber(*WORDS)
    media = Recording(subtitles)
    result = measure(media, Hearing(transcriber), {"length": {}})
    assert (texts(result, "length"), transcriber.asked, media.decoded) == (["Read this."], [], 0)
    assert result.models[0].metadata == SpeechMetadata(1.0, "en")
    heard = measure(Recording(subtitles), Hearing(transcriber, captions=False), {"length": {}})
    assert texts(heard, "length") == ["Hi, Nun.", "How are you?"]


@pytest.mark.parametrize(
    ("options", "told", "groups"),
    [
        ({"identify_speakers": True}, Transcription(), {"spk_0", "spk_1"}),
        ({}, Transcription(identify_speakers=True), {"spk_0", "spk_1"}),
        ({"granularity": "conversational_turn"}, Transcription(), {"unknown"}),
        ({"window": True, "identify_speakers": True}, None, {"spk_0", "spk_1"}),
    ],
)
def test_speakers_are_told_apart_once_where_it_matters(options, told, groups):
    TwoSpeakers.asked = 0
    result = measure(Recording(), Hearing(ToldTranscriber(*WORDS), TwoSpeakers), {"loudness": options}, told)
    assert TwoSpeakers.asked == 1
    assert {prediction.segment.track for prediction in result.models[0].predictions} == groups
    assert len(result.models[0].predictions) > 1


def test_nobody_tells_speakers_apart_unasked():
    TwoSpeakers.asked = 0
    measure(Recording(), Hearing(ToldTranscriber(*WORDS), TwoSpeakers))
    assert TwoSpeakers.asked == 0


def test_a_file_of_pictures_is_not_listened_to():
    media = FakeMedia(MediaKind.VIDEO_NO_AUDIO, [picture(9)])
    assert [model.model for model in measure(media, Hearing(), {"red": {}, "length": {}}).models] == ["red"]


def test_the_segments_of_speech_do_not_hold_on_to_their_samples():
    result = measure(Recording(), Hearing(ToldTranscriber(*WORDS)), {"loudness": {}})
    kept: Iterator[SpeechSegment] = (prediction.segment for prediction in result.models[0].predictions)
    assert {segment.samples.size for segment in kept} == {0}
