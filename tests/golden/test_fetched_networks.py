"""The fetched networks on photographs whose faces are known; `scripts/install test` fetches both."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien.domain.labels import EMOTIONS_48
from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction
from mien.domain.segment import FaceCrop
from mien.extractors.face_mesh import MESH
from mien.extractors.faces import FaceExtractor
from mien.media.opening import open_media
from mien.models.face import FaceModel
from mien.models.facemesh import FacemeshModel
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.testing import FakeMedia

SETTINGS = read_settings()
EMOTIONS = frozenset({"emotions"})


@pytest.fixture(scope="module")
def runtime() -> NetworkRuntime:
    return NetworkRuntime(WeightsStore(SETTINGS.weights))


def faces(runtime: NetworkRuntime, sample: str, wanted: FaceExtraction) -> list[FaceCrop]:
    with open_media(SETTINGS.samples / sample) as media:
        return list(FaceExtractor(runtime).extract(media, None, wanted))


@pytest.mark.parametrize(
    ("sample", "box"), [("astronaut.png", (179, 70, 94, 108)), ("grace_hopper.jpg", (169, 132, 186, 202))]
)
def test_a_portrait_has_one_face_where_it_is(runtime: NetworkRuntime, sample: str, box: tuple[int, ...]) -> None:
    (face,) = faces(runtime, sample, FaceExtraction())

    assert face.prob > 0.999
    assert (face.box.x, face.box.y, face.box.w, face.box.h) == pytest.approx(box, abs=5)


def test_a_face_that_fills_its_picture_passes_the_default_threshold(runtime: NetworkRuntime) -> None:
    with Image.open(SETTINGS.samples / "grace_hopper.jpg") as portrait:
        cut = np.asarray(portrait.convert("RGB").crop((104, 60, 444, 400)).resize((256, 256)))
    media = FakeMedia(MediaKind.IMAGE, [cut])

    (face,) = FaceExtractor(runtime).extract(media, None, FaceExtraction())

    assert face.prob > 0.999


def test_a_cup_of_coffee_has_none(runtime: NetworkRuntime) -> None:
    assert faces(runtime, "coffee.png", replace(FaceExtraction(), prob_threshold=0.5)) == []


@pytest.mark.parametrize("model", [FaceModel, FacemeshModel], ids=lambda model: model.name)
def test_the_smiling_portrait_shows_much_more_joy(
    runtime: NetworkRuntime, model: type[FaceModel | FacemeshModel]
) -> None:
    portraits = [faces(runtime, sample, FaceExtraction())[0] for sample in ("astronaut.png", "grace_hopper.jpg")]

    smiling, serious = model(runtime).predict(portraits, EMOTIONS)["emotions"][:, EMOTIONS_48.index("Joy")]

    assert smiling > 0.6
    assert serious < 0.3


def test_a_network_gives_every_thread_the_same_and_a_batch_what_its_rows_give(runtime: NetworkRuntime) -> None:
    network = runtime.network(MESH)
    pictures = np.random.default_rng(2).random((3, 192, 192, 3)).astype(np.float32)
    with ThreadPoolExecutor(3) as pool:
        rows = list(pool.map(lambda row: network.run({"input_1": pictures[row : row + 1]}), range(3)))

    batch = network.run({"input_1": pictures})

    for name, values in batch.items():
        assert np.concatenate([row[name] for row in rows]) == pytest.approx(values, abs=1e-4)
    assert network.run({"input_1": pictures[:0]})["conv2d_21"].shape == (0, 1, 1, 1404)
