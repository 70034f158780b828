import pytest

from mien.domain.errors import ItemTooLarge, UnreadableMedia
from mien.domain.media import MediaKind
from mien.media.limits import MediaLimits
from mien.media.opening import open_media

GREETING = "Grüße, 世界 😀\r\nzweite Zeile\t."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_as_it_is(tmp_path, encoding):
    path = tmp_path / "text.jpg"
    path.write_bytes(GREETING.encode(encoding))
    with open_media(path) as media:
        assert media.kind is MediaKind.TEXT
        assert media.text == GREETING
        assert list(media.frames(0)) == []


def test_a_character_may_lie_across_the_end_of_the_first_piece(tmp_path):
    path = tmp_path / "text"
    path.write_text("x" + "ü" * 40_000, "utf-8")
    with open_media(path) as media:
        assert len(media.text) == 40_001


@pytest.mark.parametrize("data", [b"abc\0def", bytes(range(1, 32)) * 20, b"ab\xc3"])
def test_what_does_not_decode_is_no_text(tmp_path, data):
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia, match="could not be decoded as image, audio, video or text"):
        open_media(path)


def test_a_text_in_an_old_encoding_is_read(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("Größe und Maß, très bien".encode("cp1252"))
    with open_media(path) as media:
        assert media.text == "Größe und Maß, très bien"


def test_damage_far_inside_a_text_is_named(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"a" * 100_000 + b"\xff" + b"b")
    with pytest.raises(UnreadableMedia, match="not valid utf-8 at byte 100000"):
        open_media(path)


def test_too_much_text_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("x" * 2000)
    with pytest.raises(ItemTooLarge, match="limit"):
        open_media(path, MediaLimits(max_text_bytes=1000))
