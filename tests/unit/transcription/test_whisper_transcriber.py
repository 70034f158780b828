import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, CannotTranscribe, WeightsCorrupt
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from tests.fakes_voice import sound

pytest.importorskip("faster_whisper")
whisper = importlib.import_module("mien.transcription.whisper_transcriber")
fakes = importlib.import_module("tests.fakes_whisper")
WAVEFORM = Waveform(sound((40.0, 0.01)), 16_000)
SPEECH = (TimeSpan(1.0, 3.0), TimeSpan(35.0, 38.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return fakes.write_whisper(tmp_path_factory.mktemp("whisper") / "tiny", "de")


def transcribe(folder: Path, cancellation: Cancellation | None = None, **wanted):
    transcriber = whisper.WhisperTranscriber(folder, 1)
    return transcriber.transcribe(WAVEFORM, SPEECH, Transcription(**wanted), cancellation or Cancellation())


def test_a_model_of_the_real_form_is_loaded_and_heard(folder):
    transcript = transcribe(folder)
    assert (transcript.text, transcript.language) == ("hello there. hello there.", "de")
    assert [word.text for word in transcript.words] == ["hello", "there."] * 2
    assert transcript.confidence == pytest.approx(1.0, abs=0.01)
    first, _, third, _ = (word.time for word in transcript.words)
    assert 1.0 <= first.begin < first.end <= 3.0
    assert 35.0 <= third.begin < third.end <= 38.0


def test_the_language_a_client_names_is_believed(folder):
    assert transcribe(folder, language="hi-Latn").language == "hi-Latn"


def test_hearing_stops_when_asked(folder):
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        transcribe(folder, cancellation)


def test_a_folder_that_is_no_model_says_what_it_lacks(tmp_path):
    with pytest.raises(WeightsCorrupt, match=r"lacks config\.json, model\.bin, tokenizer\.json"):
        transcribe(tmp_path)


def test_a_damaged_model_says_so(folder, tmp_path):
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "model.bin").write_bytes(b"\x06\0\0\0nonsense")
    with pytest.raises(WeightsCorrupt, match="no usable whisper model"):
        transcribe(tmp_path)


def test_a_model_of_few_languages_refuses_the_others(folder, monkeypatch):
    monkeypatch.setattr(whisper.WhisperModel, "supported_languages", ["en"])
    with pytest.raises(CannotTranscribe, match="does not know fr"):
        transcribe(folder, language="fr-CA")


@dataclass
class Ear:
    """Stand in for the model where what it says matters: it says so of every piece it hears."""

    segments: list[Any]
    language: str = "en"
    supported_languages: tuple[str, ...] = ("en", "zh")
    heard: list[int] = field(default_factory=list)
    detected: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    first: list[Any] | None = None
    likely: list[tuple[str, float]] | None = None

    def detect_language(self, samples):
        self.detected.append(samples.size)
        likely = self.likely or [(self.language, 0.9)]
        return *likely[0], likely

    def transcribe(self, samples, **options):
        assert options["temperature"] == 0.0
        assert options["language"] == self.language
        self.heard.append(samples.size)
        self.tokens.append(options["max_new_tokens"])
        return iter(self.first if len(self.heard) == 1 and self.first else self.segments), None


def segment(*words: tuple[str, float, float], no_speech: float = 0.0, ratio: float = 1.0):
    told = [whisper.Word(start=begin, end=end, word=text, probability=0.8) for text, begin, end in words]
    plain = dict.fromkeys(("id", "seek", "start", "end", "text", "tokens", "avg_logprob", "temperature"), 0)
    return whisper.Segment(**plain, words=told, no_speech_prob=no_speech, compression_ratio=ratio)


def hear(monkeypatch, folder: Path, ear: Ear, *speech: tuple[float, float]):
    monkeypatch.setattr(whisper, "WhisperModel", lambda *_place, **_how: ear)
    spans = [TimeSpan(begin, end) for begin, end in speech]
    return whisper.WhisperTranscriber(folder, 1).transcribe(WAVEFORM, spans, Transcription(), Cancellation())


def test_what_is_said_over_and_over_or_where_nobody_speaks_is_not_kept(folder, monkeypatch):
    loop, nobody = segment((" ah", 0.1, 0.5), ratio=9.0), segment((" thanks", 0.6, 0.9), no_speech=0.7)
    kept = segment((" yes", 1.0, 1.4), no_speech=0.5, ratio=4.4)

    assert hear(monkeypatch, folder, Ear([loop, nobody, kept]), (0, 2)).text == "yes"
    silent = hear(monkeypatch, folder, Ear([loop, nobody]), (0, 2))
    assert (silent.text, silent.language, silent.confidence) == ("", None, 0.0)


def test_a_word_lies_where_somebody_speaks_behind_the_pause_that_the_model_counts_to_it(folder, monkeypatch):
    ear = Ear([segment((" ask", 0.2, 0.6), (" not", 0.6, 2.7), (" the", 3.0, 3.0), (" end.", 3.8, 4.5))])

    words = hear(monkeypatch, folder, ear, (10.0, 11.0), (12.0, 13.5)).words

    assert [(word.text, round(word.time.begin, 2), round(word.time.end, 2)) for word in words] == [
        ("ask", 10.2, 10.6),
        ("not", 12.0, 12.7),
        ("the", 13.0, 13.1),
    ]


def test_parts_of_a_word_are_one_word_unless_the_language_parts_none(folder, monkeypatch):
    said = [segment((" cold", 0.1, 0.5), ("-hearted", 0.5, 0.9), (" man", 0.9, 1.2))]

    words = hear(monkeypatch, folder, Ear(said), (0, 2)).words
    assert [word.text for word in words] == ["cold-hearted", "man"]
    assert (words[0].time.begin, words[0].time.end) == (0.1, 0.9)

    chinese = Ear([segment(("\u6628", 0.1, 0.5), ("\u5929", 0.5, 0.9))], language="zh")
    transcript = hear(monkeypatch, folder, chinese, (0, 2))
    assert ([word.text for word in transcript.words], transcript.text) == (["\u6628", "\u5929"], "\u6628\u5929")


def test_stretches_far_apart_are_heard_one_by_one_and_give_the_language_together(folder, monkeypatch):
    ear = Ear([segment((" yes", 0.1, 0.5))])

    assert hear(monkeypatch, folder, ear, (0, 1), (3, 4), (8, 9)).text == "yes yes"
    assert ear.heard == [4 * 16_000, 16_000]
    assert ear.detected == [3 * 16_000]


def test_stretches_that_one_of_them_spoilt_are_heard_again_one_by_one(folder, monkeypatch):
    ear = Ear([segment((" yes", 0.1, 0.5))], first=[segment((" ah", 0.1, 0.5), ratio=9.0)])

    assert hear(monkeypatch, folder, ear, (0, 1), (2, 4), (5, 20)).text == "yes yes yes"
    assert ear.heard == [20 * 16_000, 16_000, 2 * 16_000, 15 * 16_000]
    assert ear.tokens == [440, 70, 100, 440]


@pytest.mark.parametrize(("sure", "taken", "told"), [(0.6, "pl", "pl"), (0.95, "hr", None)])
def test_a_language_the_contract_does_not_know_is_taken_only_when_it_is_sure(folder, monkeypatch, sure, taken, told):
    ear = Ear([segment((" tak", 0.1, 0.5))], taken, likely=[("hr", sure), ("la", 0.02), ("pl", 0.01)])

    assert hear(monkeypatch, folder, ear, (0, 1)).language == told
