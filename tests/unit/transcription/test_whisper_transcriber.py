import importlib
from pathlib import Path

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
