"""The speaker networks: the space against its golden values, and a real dialogue; `scripts/install test` fetches."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.extractors.speaker_space import SPACE, SpeakerSpace
from mien.extractors.speakers import TURN_TAKING, SpeakerDiariser
from mien.extractors.voice_activity import VoiceActivity
from mien.media.opening import open_media
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings

FOLDER = files("mien") / "weights" / SPACE
AUDIO = Path(__file__).parents[2].parent / "shared" / "data" / "media" / "audio"


@pytest.fixture(scope="module")
def runtime() -> NetworkRuntime:
    return NetworkRuntime(WeightsStore(read_settings().weights))


def test_the_golden_prints_come_to_the_golden_points(runtime: NetworkRuntime) -> None:
    golden = json.loads((FOLDER / "golden.json").read_text())
    i, j = np.mgrid[0:3, 0:256]
    prints = np.abs(np.sin(0.1 * (i + 1) * (j + 1))).astype(np.float32)

    points = SpeakerSpace(runtime).project(prints / np.linalg.norm(prints, axis=1, keepdims=True))

    assert points == pytest.approx(np.array(golden["points"]), abs=golden["tolerance"])


def test_the_graph_is_the_file_the_manifest_names() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    graph = (FOLDER / manifest["file"]).read_bytes()

    assert (hashlib.sha256(graph).hexdigest(), len(graph)) == (manifest["sha256"], manifest["bytes"])


@pytest.mark.skipif(not AUDIO.is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize(
    ("file", "wanted"),
    [("dialogue_2spk.flac", {"spk_0", "spk_1"}), ("jfk.flac", {"spk_0"}), ("LJ001-0007.flac", {"spk_0"})],
)
def test_the_speakers_of_a_recording_are_counted(runtime: NetworkRuntime, file: str, wanted: set[str]) -> None:
    with open_media(AUDIO / file) as media:
        waveform = media.waveform()
        speech = VoiceActivity(runtime).speech(waveform, Cancellation(), TURN_TAKING)
        turns = SpeakerDiariser(runtime).turns(waveform, speech, Cancellation())

    assert {turn.speaker for turn in turns} == wanted
