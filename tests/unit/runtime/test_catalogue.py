"""The list of files that are fetched out of packages."""

import re

from mien.runtime.catalogue import CATALOGUE, NETWORKS, RECOGNISERS, SAMPLES


def test_every_file_can_be_recognised_and_has_a_licence() -> None:
    for file in CATALOGUE:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.bytes > 0
        assert file.licence
        assert file.origin


def test_every_package_is_pinned_to_one_version() -> None:
    assert all(re.fullmatch(r"\d+(\.\d+)+", file.package.version) for file in CATALOGUE)


def test_networks_get_a_folder_each_and_samples_lie_side_by_side() -> None:
    assert {str(file.target.parent) for file in NETWORKS} == {
        "face-detection-1",
        "face-detection-centerface-1",
        "face-identity-1",
        "face-mesh-1",
        "hand-landmark-1",
        "moonshine-decoder-1",
        "moonshine-encoder-1",
        "moonshine-tokens-1",
        "palm-detection-1",
        "speaker-embedding-1",
        "voice-activity-1",
        "voice-trunk-1",
    }
    assert {str(file.target) for file in SAMPLES} == {
        "grace_hopper.jpg",
        "astronaut.png",
        "coffee.png",
        "two_cities.wav",
    }


def test_the_manifest_of_a_network_tells_what_the_catalogue_tells() -> None:
    manifest = NETWORKS[0].manifest()

    assert manifest.weights == NETWORKS[0].weights
    assert (manifest.sha256, manifest.licence) == (NETWORKS[0].sha256, NETWORKS[0].licence)


def test_whisper_is_joined_of_its_halves_and_is_nothing_that_the_plain_set_up_fetches() -> None:
    whisper = RECOGNISERS["whisper-base"]

    assert whisper not in NETWORKS
    assert str(whisper.target) == "whisper-base/model.bin"
    assert whisper.bytes == sum(part.bytes for part in whisper.parts)
    assert set(whisper.manifest().companions) == {"config.json", "tokenizer.json", "vocabulary.txt"}
    for member in (*whisper.parts, *whisper.companions):
        assert re.fullmatch("[0-9a-f]{64}", member.sha256)
