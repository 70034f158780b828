"""A reading through the API: what is said, where, in pieces; and what becomes of recordings nobody can transcribe."""

import io
import json
import wave

import numpy as np
import pytest

from tests.fakes_files import Film, make_film, make_zip
from tests.stories import serving

SRT = b"1\n00:00:01,000 --> 00:00:04,000\nIt was the best of times.\n\n2\n00:00:05,000 --> 00:00:06,000\nIn Paris.\n"


@pytest.fixture(scope="session")
def opening(reading) -> bytes:
    """The first nine seconds of the reading."""
    with wave.open(io.BytesIO(reading)) as file:
        parameters, frames = file.getparams(), file.readframes(9 * file.getframerate())
    return sound(frames, parameters.framerate)


def sound(frames: bytes, rate: int = 16_000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(frames)
    return buffer.getvalue()


def run(server, request: dict, *files: tuple[str, bytes]) -> list[dict]:
    """Run a job to its end and return its sources."""
    job_id = server.submit(request, *files)
    state = server.wait(job_id)
    assert state["status"] == "COMPLETED", state
    return server.predictions(job_id)


def rows(entry: dict, model: str) -> list[dict]:
    return [row for group in entry["models"][model]["grouped_predictions"] for row in group["predictions"]]


def test_a_reading_is_transcribed_once_for_every_model_that_reads(server, opening):
    models = {"language": {"granularity": "utterance"}, "ner": {}}
    ((entry),) = run(server, {"models": models}, ("reading.wav", opening))[0]["results"]["predictions"]
    assert entry["file_type"] == "audio"
    metadata = [entry["models"][model]["metadata"] for model in models]
    assert metadata[0] == metadata[1]
    assert metadata[0]["detected_language"] == "en"
    assert 0.5 < metadata[0]["confidence"] <= 1.0
    first = rows(entry, "language")[0]
    assert first["text"].startswith("It was the best of times")
    assert first["time"]["begin"] == pytest.approx(1.2, abs=0.2)
    assert first["position"]["begin"] == 0
    assert 0 < first["confidence"] <= 1
    assert first["speaker_confidence"] is None


def test_silence_is_an_error_in_the_words_of_the_contract(server):
    silence = sound(np.zeros(32_000, "<i2").tobytes())
    (source,) = run(server, {"models": {"language": {}}}, ("silence.wav", silence))
    (error,) = source["results"]["errors"]
    expected = "unable to transcribe file: transcript confidence (0.0) below threshold value (0.5)"
    assert error == {"message": expected, "file": "silence.wav"}
    (entry,) = source["results"]["predictions"]
    metadata = {"confidence": 0.0, "detected_language": None}
    assert entry["models"]["language"] == {"metadata": metadata, "grouped_predictions": []}


def test_a_language_nobody_here_knows_is_said_and_nothing_is_invented(server, opening):
    request = {"models": {"language": {}}, "transcription": {"language": "de"}}
    (source,) = run(server, request, ("rede.wav", opening))
    assert source["results"]["predictions"] == []
    assert "knows English only, not de" in source["results"]["errors"][0]["message"]


def test_transcription_turned_off_leaves_no_text(server, opening):
    (source,) = run(server, {"models": {"language": {}}, "transcription": None}, ("reading.wav", opening))
    (entry,) = source["results"]["predictions"]
    assert entry["models"]["language"] == {"metadata": None, "grouped_predictions": []}
    assert source["results"]["errors"] == []


def test_a_film_without_sound_has_no_speech(server, tmp_path):
    film = make_film(tmp_path / "film.mp4", Film(frames=5)).read_bytes()
    (source,) = run(server, {"models": {"language": {}}}, ("film.mp4", film))
    assert "applies to video_no_audio files" in source["results"]["errors"][0]["message"]


def test_subtitles_beside_a_recording_are_what_is_said(server, opening, tmp_path):
    archive = make_zip(tmp_path / "talks.zip", {"talks/a.wav": opening, "talks/a.srt": SRT})
    models = {"language": {"granularity": "sentence"}, "ner": {}}
    (source,) = run(server, {"models": models}, ("talks.zip", archive.read_bytes()))
    (entry,) = source["results"]["predictions"]
    assert entry["file"] == "talks/a.wav"
    assert entry["models"]["language"]["metadata"] == {"confidence": 1.0, "detected_language": "en"}
    assert [row["text"] for row in rows(entry, "language")] == ["It was the best of times.", "In Paris."]
    assert rows(entry, "language")[1]["time"] == {"begin": 5.0, "end": 6.0}


def test_subtitles_beside_a_local_recording_are_what_is_said_and_no_file_of_their_own(opening, tmp_path):
    (tmp_path / "talk.wav").write_bytes(opening)
    (tmp_path / "talk.en.srt").write_bytes(SRT)
    lone = serving.run("analyze", str(tmp_path / "talk.wav"), "--models", "language", "--json")
    both = serving.run("analyze", str(tmp_path), "--models", "language", "--json")
    (named,), (found,) = json.loads(lone.stdout), json.loads(both.stdout)
    (entry,) = named["results"]["predictions"]
    assert entry["models"]["language"]["metadata"] == {"confidence": 1.0, "detected_language": "en"}
    assert [row["text"] for row in rows(entry, "language")][:3] == ["It", "was", "the"]
    assert found["results"]["predictions"][0]["models"] == entry["models"]


def test_subtitles_beside_a_local_recording_can_be_left_aside(opening, tmp_path):
    (tmp_path / "talk.wav").write_bytes(opening)
    (tmp_path / "talk.srt").write_bytes(SRT)
    done = serving.run("analyze", str(tmp_path), "--models", "language", "--json", MIEN_CAPTIONS="false")
    (element,) = json.loads(done.stdout)
    (entry,) = element["results"]["predictions"]
    assert entry["models"]["language"]["metadata"]["confidence"] < 1.0
    assert "Paris." not in [row["text"] for row in rows(entry, "language")]
