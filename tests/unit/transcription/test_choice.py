from dataclasses import replace
from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest, WeightsCorrupt, WeightsMissing
from mien.transcription import choice as choosing
from mien.transcription.choice import TranscriberChoice, choose, described, fetch_whisper, largest_whisper
from mien.transcription.moonshine_network import DECODER, ENCODER, TOKENS
from tests.fakes import FakeRuntime
from tests.fakes_runtime import FakeNetwork


class Fetched(FakeRuntime):
    """Hand out networks, and their files, as far as they were fetched."""

    def __init__(self, folder: Path, *names: str, spoilt: bool = False) -> None:
        super().__init__({name: FakeNetwork(None) for name in names})
        self.folder = folder
        self.spoilt = spoilt

    def file(self, weights: str) -> Path:
        if self.spoilt:
            raise WeightsCorrupt(f"{weights} differs from its checksum")
        if weights not in self.networks:
            raise WeightsMissing(f"the network {weights} is not on disk")
        path = self.folder / weights
        path.write_bytes(b"\x01a")
        return path


def name_of(choice: TranscriberChoice) -> str:
    return type(choose(choice)).__name__


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    return tmp_path


def test_english_is_always_there(tmp_path):
    assert name_of(TranscriberChoice(whisper_folder=tmp_path)) == "PocketsphinxTranscriber"


def test_a_better_one_is_taken_where_its_networks_were_fetched(tmp_path):
    there = TranscriberChoice(whisper_folder=tmp_path, networks=Fetched(tmp_path, ENCODER, DECODER, TOKENS))
    assert name_of(there) == "MoonshineTranscriber"
    assert name_of(replace(there, name="pocketsphinx")) == "PocketsphinxTranscriber"
    assert name_of(replace(there, url="http://127.0.0.1:9")) == "HttpTranscriber"


@pytest.mark.parametrize("lacking", [ENCODER, DECODER, TOKENS])
def test_one_that_was_fetched_in_part_is_none(tmp_path, lacking):
    networks = Fetched(tmp_path, *{ENCODER, DECODER, TOKENS} - {lacking})
    assert name_of(TranscriberChoice(whisper_folder=tmp_path, networks=networks)) == "PocketsphinxTranscriber"
    with pytest.raises(InvalidRequest, match="mien weights pull"):
        choose(TranscriberChoice(name="moonshine", networks=networks))


def test_a_spoilt_network_is_no_reason_to_hear_worse(tmp_path):
    with pytest.raises(WeightsCorrupt):
        choose(TranscriberChoice(whisper_folder=tmp_path, networks=Fetched(tmp_path, spoilt=True)))


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
    with pytest.raises(InvalidRequest, match="mien weights pull whisper-base"):
        choose(TranscriberChoice(name="whisper", whisper_folder=tmp_path))


def test_a_line_says_who_is_taken_and_where_it_lies(model):
    pytest.importorskip("faster_whisper")
    there = TranscriberChoice(whisper_folder=model)
    assert described(there) == f"whisper (the first that is set up, {model})"
    assert described(replace(there, whisper_folder=model / "none")) == "pocketsphinx (the first that is set up)"
    assert described(replace(there, name="http", url="http://127.0.0.1:9")) == "http (chosen, http://127.0.0.1:9)"
    assert described(replace(there, name="none")) == "none (chosen)"


def test_the_largest_whisper_that_is_there_is_taken_and_base_when_there_is_none(tmp_path):
    assert largest_whisper(tmp_path).name == "whisper-base"
    for name, taken in (("tiny", "tiny"), ("large-v3-turbo", "large-v3-turbo"), ("base", "large-v3-turbo")):
        (tmp_path / f"whisper-{name}").mkdir()
        (tmp_path / f"whisper-{name}" / "model.bin").write_bytes(b"x")
        assert largest_whisper(tmp_path) == tmp_path / f"whisper-{taken}"
    (tmp_path / "whisper-large-v3").mkdir()  # begun, and not there
    assert largest_whisper(tmp_path) == tmp_path / "whisper-large-v3-turbo"


def test_only_known_models_are_fetched(tmp_path):
    with pytest.raises(InvalidRequest, match="whisper-small"):
        fetch_whisper("whisper-enormous", tmp_path)


def test_a_hub_out_of_reach_says_what_to_do_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(choosing, "WHISPER_PACKAGE", "tests.fakes_whisper")
    with pytest.raises(WeightsMissing, match=r"no way there\. Without .* the folder to .*MIEN_WHISPER_MODEL") as told:
        fetch_whisper("whisper-small", tmp_path)
    assert "\n" not in told.value.message
