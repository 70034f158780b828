from dataclasses import replace

import pytest

from mien.domain.errors import InvalidRequest, WeightsMissing
from mien.transcription import choice as choosing
from mien.transcription.choice import TranscriberChoice, choose, fetch_whisper


def name_of(choice: TranscriberChoice) -> str:
    return type(choose(choice)).__name__


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    return tmp_path


def test_english_is_always_there(tmp_path):
    assert name_of(TranscriberChoice(whisper_folder=tmp_path)) == "PocketsphinxTranscriber"


def test_the_first_that_is_set_up_is_taken(model):
    pytest.importorskip("faster_whisper")
    there = TranscriberChoice(whisper_folder=model)
    assert name_of(there) == "WhisperTranscriber"
    assert name_of(replace(there, url="http://127.0.0.1:9")) == "HttpTranscriber"
    assert name_of(replace(there, name="pocketsphinx")) == "PocketsphinxTranscriber"
    assert choose(replace(there, name="none")) is None


def test_a_model_without_its_package_is_passed_over(model, monkeypatch):
    monkeypatch.setattr(choosing, "WHISPER_PACKAGE", "no_such_package")
    assert name_of(TranscriberChoice(whisper_folder=model)) == "PocketsphinxTranscriber"
    with pytest.raises(InvalidRequest, match="faster-whisper is not installed"):
        choose(TranscriberChoice(name="whisper", whisper_folder=model))
    with pytest.raises(WeightsMissing, match=r"mien\[whisper\]"):
        fetch_whisper("whisper-small", model)


def test_what_is_chosen_and_not_set_up_says_how(tmp_path):
    with pytest.raises(InvalidRequest, match="MIEN_TRANSCRIPTION_URL"):
        choose(TranscriberChoice(name="http"))
    pytest.importorskip("faster_whisper")
    with pytest.raises(InvalidRequest, match="mien weights pull whisper-small"):
        choose(TranscriberChoice(name="whisper", whisper_folder=tmp_path))


def test_only_known_models_are_fetched(tmp_path):
    with pytest.raises(InvalidRequest, match="whisper-small"):
        fetch_whisper("whisper-enormous", tmp_path)


def test_a_hub_out_of_reach_says_what_to_do_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(choosing, "WHISPER_PACKAGE", "tests.fakes_whisper")
    with pytest.raises(WeightsMissing, match=r"no way there\. Without .* the folder to .*MIEN_WHISPER_MODEL") as told:
        fetch_whisper("whisper-small", tmp_path)
    assert "\n" not in told.value.message
