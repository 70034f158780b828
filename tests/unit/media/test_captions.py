import av
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.media.captions import captions_beside, captions_within
from mien.media.opening import open_media
from tests.fakes_files import make_sound

SRT = "1\n00:00:00,500 --> 00:00:01,500\n<i>Hello</i> there.\n\n2\n00:00:01,700 --> 00:00:02,900\nHow are you?\nFine!\n"
VTT = "WEBVTT\n\nNOTE nothing\n\n00:00.500 --> 00:01.500 align:start\nHello there.\n"


def with_subtitles(folder, *languages: str):
    """Write a sound with the subtitles as text tracks."""
    (folder / "in.srt").write_text(SRT)
    sound = make_sound(folder / "in.wav", seconds=4.0)
    with av.open(str(sound)) as heard, av.open(str(folder / "talk.mkv"), "w") as out:
        track = out.add_stream_from_template(heard.streams.audio[0])
        tracks = []
        for language in languages:
            with av.open(str(folder / "in.srt")) as text:
                tracks.append(out.add_stream_from_template(text.streams[0]))
                tracks[-1].metadata["language"] = language
        for packet in heard.demux():
            if packet.dts is not None:
                packet.stream = track
                out.mux(packet)
        for line in tracks:
            with av.open(str(folder / "in.srt")) as text:
                for packet in text.demux():
                    if packet.dts is not None:
                        packet.stream = line
                        out.mux(packet)
    return folder / "talk.mkv"


def test_text_tracks_are_read_with_their_language_and_times(tmp_path):
    english, unknown = captions_within(with_subtitles(tmp_path, "eng", "und"), Cancellation())
    assert (english.language, unknown.language) == ("en", None)
    assert [line.text for line in english.lines] == ["{\\i1}Hello{\\i0} there.", "How are you?\nFine!"]
    first = english.lines[0].time
    assert (first.begin, first.end) == (pytest.approx(0.5, abs=0.01), pytest.approx(1.5, abs=0.01))


def test_a_recording_without_text_tracks_has_none(tmp_path):
    with open_media(make_sound(tmp_path / "a.wav")) as media:
        assert media.captions() == ()


@pytest.mark.parametrize("text", [SRT, VTT, SRT.replace("\n", "\r\n")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_subtitles_is_told_by_what_it_says(tmp_path, text, encoding):
    path = tmp_path / "member-3"
    path.write_bytes(text.encode(encoding))
    (captions,) = captions_beside(path)
    assert "Hello" in captions.lines[0].text
    assert captions.lines[0].time.begin == pytest.approx(0.5)


@pytest.mark.parametrize("data", [b"", b"no subtitles here", b"\x00\xff\xfe\x01" * 50])
def test_what_is_no_subtitles_gives_none(tmp_path, data):
    path = tmp_path / "a.srt"
    path.write_bytes(data)
    assert captions_beside(path) == ()


def test_a_file_beside_the_recording_comes_before_its_own_tracks(tmp_path):
    talk = with_subtitles(tmp_path, "eng")
    (tmp_path / "own.vtt").write_text(VTT)
    with open_media(talk, subtitles=tmp_path / "own.vtt") as media:
        assert [line.text for captions in media.captions() for line in captions.lines] == ["Hello there."]
    with open_media(talk) as media:
        assert len(media.captions()[0].lines) == 2


def test_reading_subtitles_stops_when_asked(tmp_path):
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        captions_within(with_subtitles(tmp_path, "eng"), cancellation)
