import io
import zlib

import numpy as np
import pytest
from PIL import Image

from mien.domain.errors import ItemTooLarge, UnreadableMedia
from mien.domain.media import MediaKind
from mien.media.limits import MediaLimits
from mien.media.opening import open_media
from tests.fakes_files import corners, picture_bytes
from tests.fakes_heif import heif_bytes

ORIENTATION = 0x0112
WHITE_CORNER = np.zeros((60, 80, 3), np.uint8)
WHITE_CORNER[:30, :40] = 255


def opened(tmp_path, data, **kwargs):
    path = tmp_path / "picture"
    path.write_bytes(data)
    with open_media(path, **kwargs) as media:
        assert media.kind is MediaKind.IMAGE
        return list(media.frames(3))


def saved(image, form, **saving):
    buffer = io.BytesIO()
    image.save(buffer, form, **saving)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "MPO"])
def test_a_picture_is_one_frame_at_time_zero(tmp_path, form):
    (frame,) = opened(tmp_path, picture_bytes(form=form))
    assert (frame.index, frame.seconds) == (0, 0.0)
    assert frame.pixels.shape == (30, 40, 3)
    assert frame.pixels.dtype == np.uint8
    assert corners(frame.pixels) == "#..."


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "expected", "size"),
    [
        (1, "#...", (30, 40)),
        (2, ".#..", (30, 40)),
        (3, "...#", (30, 40)),
        (4, "..#.", (30, 40)),
        (5, "#...", (40, 30)),
        (6, ".#..", (40, 30)),
        (7, "...#", (40, 30)),
        (8, "..#.", (40, 30)),
        (77, "#...", (30, 40)),
    ],
)
def test_orientation_marks_are_applied(tmp_path, form, orientation, expected, size):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    (frame,) = opened(tmp_path, picture_bytes(form=form, exif=exif))
    assert corners(frame.pixels) == expected
    assert frame.pixels.shape[:2] == size


def test_damaged_marks_do_not_cost_the_picture(tmp_path):
    (frame,) = opened(tmp_path, picture_bytes(form="JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense"))
    assert corners(frame.pixels) == "#..."


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr"])
def test_every_kind_of_colour_becomes_rgb(tmp_path, mode):
    grey = Image.open(io.BytesIO(picture_bytes())).convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(np.asarray(grey, np.int32) * 257)
    else:
        image = grey.convert(mode)
    (frame,) = opened(tmp_path, saved(image, "TIFF" if mode in ("F", "CMYK", "YCbCr", "I") else "PNG"))
    assert frame.pixels.shape == (30, 40, 3)
    assert corners(frame.pixels) == "#..."
    assert frame.pixels.max() > 250


def test_what_is_transparent_lies_on_white(tmp_path):
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    image.putpixel((0, 0), (10, 20, 30, 255))
    (frame,) = opened(tmp_path, saved(image, "PNG"))
    assert frame.pixels[0, 0].tolist() == [10, 20, 30]
    assert frame.pixels[2, 2].tolist() == [255, 255, 255]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_picture_that_moves_is_read_frame_by_frame(tmp_path, form):
    path = tmp_path / "picture"
    path.write_bytes(moving(["red", "lime", "blue", "white"], form, duration=200))
    with open_media(path) as media:
        assert media.kind is MediaKind.VIDEO_NO_AUDIO
        every, some = list(media.frames(0)), list(media.frames(2.5))
    assert [frame.pixels[4, 4].argmax() for frame in every[:3]] == [0, 1, 2]
    assert [frame.seconds for frame in every] == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert [(frame.index, frame.seconds) for frame in some] == [(0, 0.0), (2, pytest.approx(0.4))]


def test_frames_that_do_not_say_how_long_they_are_shown_are_shown_a_tenth_of_a_second(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(moving(["red", "blue"], "GIF"))
    with open_media(path) as media:
        assert [frame.seconds for frame in media.frames(0)] == [0.0, 0.1]


def test_a_moving_picture_that_is_too_long_is_stopped(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(moving(["red", "blue", "lime"], "GIF", duration=1000))
    with open_media(path, MediaLimits(max_seconds=1.5)) as media, pytest.raises(ItemTooLarge, match=r"limit of 1\.5 s"):
        list(media.frames(0))


def test_the_pages_of_a_document_do_not_move(tmp_path):
    (frame,) = opened(tmp_path, moving(["red", "blue"], "TIFF"))
    assert frame.pixels[0, 0].tolist() == [255, 0, 0]


def moving(colours, form, **saving):
    first, *others = (Image.new("RGB", (8, 8), colour) for colour in colours)
    return saved(first, form, save_all=True, append_images=others, **saving)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_cut_off_picture_says_so(tmp_path, form):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8))
    data = saved(noise, form)
    with pytest.raises(UnreadableMedia, match=f"image could not be decoded \\({form}\\): ."):
        opened(tmp_path, data[: len(data) // 2])


def test_only_the_first_bytes_of_a_picture_are_no_picture(tmp_path):
    with pytest.raises(UnreadableMedia, match="JPEG"):
        opened(tmp_path, b"\xff\xd8\xff\xe0\0\x10JFIF")


def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path):
    header = b"IHDR" + (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    checked = header + zlib.crc32(header).to_bytes(4, "big")
    data = b"\x89PNG\r\n\x1a\n\0\0\0\r" + checked + b"\0\0\0\0IDAT"
    with pytest.raises(ItemTooLarge, match="limit of 120000000 pixels"):
        opened(tmp_path, data)


def test_the_limit_on_pixels_is_the_one_handed_in(tmp_path):
    with pytest.raises(ItemTooLarge, match="40 x 30 is over the limit of 1000 pixels"):
        opened(tmp_path, picture_bytes(), limits=MediaLimits(max_pixels=1000))


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
@pytest.mark.parametrize(
    ("quarters", "expected", "size"), [(0, "#...", (60, 80)), (1, "..#.", (80, 60)), (3, ".#..", (80, 60))]
)
def test_pictures_of_telephones_are_read_upright(tmp_path, brand, quarters, expected, size):
    (frame,) = opened(tmp_path, heif_bytes(WHITE_CORNER, quarters, brand))
    assert corners(frame.pixels) == expected
    assert frame.pixels.shape[:2] == size
    assert frame.pixels.max() > 240


@pytest.mark.parametrize("length", [40, 500, -40])
def test_a_cut_off_picture_of_a_telephone_says_so(tmp_path, length):
    with pytest.raises(UnreadableMedia, match=r"image could not be decoded \(HEIF\): ."):
        opened(tmp_path, heif_bytes(WHITE_CORNER)[:length])


def test_a_picture_of_a_telephone_may_not_hold_more_than_it_says(tmp_path):
    with pytest.raises(UnreadableMedia, match="does not have the size signaled"):
        opened(tmp_path, heif_bytes(WHITE_CORNER, stated=(64, 16)))
    with pytest.raises(ItemTooLarge, match="over the limit of 120000000 pixels"):
        opened(tmp_path, heif_bytes(WHITE_CORNER, stated=(30_000, 30_000)))


def test_a_picture_in_a_coding_nobody_here_decodes_says_so(tmp_path):
    with pytest.raises(UnreadableMedia, match=r"image could not be decoded \(HEIF\)"):
        opened(tmp_path, heif_bytes(WHITE_CORNER).replace(b"hvc1", b"vvc1"))
