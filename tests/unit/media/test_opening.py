import numpy as np
import pytest

from mien.domain.errors import EmptyFile, UnreadableMedia
from mien.domain.media import MediaKind
from mien.media.opening import open_media, text_media
from tests.fakes_files import Film, make_film, make_sound, make_zip, picture_bytes

NOT_TEXT = b"\xff\xfe\xfd\n"


def test_an_empty_file_says_so(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(EmptyFile, match="file is empty"):
        open_media(path)


def test_bytes_decide_and_names_do_not(tmp_path):
    make_film(tmp_path / "a.mp4", Film(sound=True)).rename(tmp_path / "film.txt")
    make_sound(tmp_path / "a.wav").rename(tmp_path / "sound.png")
    (tmp_path / "picture.mp4").write_bytes(picture_bytes())
    (tmp_path / "text.jpg").write_text("hello")
    kinds = {}
    for path in tmp_path.iterdir():
        with open_media(path) as media:
            kinds[path.name] = media.kind
    assert kinds == {
        "film.txt": MediaKind.VIDEO,
        "sound.png": MediaKind.AUDIO,
        "picture.mp4": MediaKind.IMAGE,
        "text.jpg": MediaKind.TEXT,
    }


@pytest.mark.parametrize(
    "data",
    [np.random.default_rng(1).bytes(50_000), bytes(10_000), b"\0", b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n" + bytes(500)],
)
def test_what_is_nothing_we_know_is_unreadable(tmp_path, data):
    path = tmp_path / "file.mp4"
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia):
        open_media(path)


def test_a_zip_is_no_media(tmp_path):
    with pytest.raises(UnreadableMedia):
        open_media(make_zip(tmp_path / "a.zip", {"a.txt": b"hello" * 1000}))


def test_playlists_do_not_reach_other_files(tmp_path):
    film = make_film(tmp_path / "film.ts")
    lists = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{film}\n",
        "concat": f"ffconcat version 1.0\nfile '{film}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    }
    for name, content in lists.items():
        path = tmp_path / name
        path.write_bytes(content.encode() + NOT_TEXT)
        with pytest.raises(UnreadableMedia):
            open_media(path)


def test_a_playlist_is_a_text_like_any_other(tmp_path):
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n")
    with open_media(path) as media:
        assert media.kind is MediaKind.TEXT


def test_a_text_in_memory_opens_too():
    with text_media("Hi, Nun.") as media:
        assert (media.kind, media.text) == (MediaKind.TEXT, "Hi, Nun.")
        with pytest.raises(UnreadableMedia):
            media.waveform()
