"""The face networks' preprocessing."""

import numpy as np
import pytest

from mien.models.images import GREY_WEIGHTS, INPUT_SIZE, face_input, to_grey


def crops(count: int = 3) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, INPUT_SIZE, INPUT_SIZE), dtype=np.uint8)


def test_each_crop_leaves_with_mean_zero_and_deviation_one() -> None:
    image = face_input(crops())

    assert image.shape == (3, 1, INPUT_SIZE, INPUT_SIZE)
    assert image.dtype == np.float32
    assert image.mean(axis=(1, 2, 3)) == pytest.approx(0, abs=1e-5)
    assert image.std(axis=(1, 2, 3)) == pytest.approx(1, abs=1e-5)


def test_brightness_and_contrast_of_the_photograph_do_not_matter() -> None:
    faces = crops().astype(np.float32)

    assert face_input(0.4 * faces + 50) == pytest.approx(face_input(faces), abs=1e-4)


def test_a_crop_does_not_depend_on_its_neighbours() -> None:
    faces = crops()

    assert np.array_equal(face_input(faces[1:2])[0], face_input(faces)[1])


def test_light_stays_lighter_than_dark_and_places_stay() -> None:
    faces = np.zeros((1, INPUT_SIZE, INPUT_SIZE), np.uint8)
    faces[0, 10, 20] = 255

    image = face_input(faces)

    assert np.unravel_index(image[0, 0].argmax(), image[0, 0].shape) == (10, 20)


def test_a_crop_of_one_grey_value_leaves_as_zeros() -> None:
    assert not face_input(np.full((1, INPUT_SIZE, INPUT_SIZE), 90, np.uint8)).any()


def test_no_crops_make_an_empty_batch() -> None:
    assert face_input(np.zeros((0, INPUT_SIZE, INPUT_SIZE), np.uint8)).shape == (0, 1, INPUT_SIZE, INPUT_SIZE)


@pytest.mark.parametrize("shape", [(INPUT_SIZE, INPUT_SIZE), (1, 42, 42), (1, 3, INPUT_SIZE, INPUT_SIZE)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        face_input(np.zeros(shape, np.uint8))


def test_grey_weighs_red_green_and_blue_in_this_order() -> None:
    pure = np.eye(3, dtype=np.uint8).reshape(1, 3, 3) * 200

    assert to_grey(pure)[0] == pytest.approx(np.multiply(GREY_WEIGHTS, 200), rel=1e-6)
    assert to_grey(np.full((2, 4, 5, 3), 255, np.uint8)) == pytest.approx(np.full((2, 4, 5), 255.0))


def test_a_picture_without_three_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="three channels"):
        to_grey(np.zeros((8, 8, 4), np.uint8))
