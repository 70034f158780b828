from typing import Any

import pytest

from mien.domain.errors import InvalidRequest
from mien.domain.request import FacemeshOptions, FaceOptions, LanguageOptions, Options, ProsodyOptions
from mien.domain.source import FileSource
from mien.wire.requests import parse_request

HERE: dict[str, type[Options]] = {"face": FaceOptions, "facemesh": FacemeshOptions}
SPEECH: dict[str, type[Options]] = {**HERE, "prosody": ProsodyOptions, "language": LanguageOptions}
URL = "https://media.example.com/clip.mp4"
FACE_DEFAULTS = {
    "fps_pred": 3.0,
    "prob_threshold": 0.99,
    "identify_faces": False,
    "min_face_size": 60,
    "facs": None,
    "descriptions": None,
    "save_faces": False,
}


def parse(available: dict[str, type[Options]] = HERE, **body: Any) -> Any:
    return parse_request({"urls": [URL], **body}, available)


def refusal(available: dict[str, type[Options]] = HERE, **body: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        parse(available, **body)
    return caught.value.message


@pytest.mark.parametrize("body", [{}, {"models": None}, {"models": {}}])
def test_every_installed_model_runs_when_none_is_named(body: dict[str, Any]) -> None:
    assert parse(**body).models == {"face": FACE_DEFAULTS, "facemesh": {}}


def test_only_named_models_run_with_their_defaults_filled_in() -> None:
    request = parse(models={"face": {"identify_faces": True, "facs": {}, "min_face_size": 48.0, "fps_pred": None}})
    assert request.models == {"face": {**FACE_DEFAULTS, "identify_faces": True, "facs": {}, "min_face_size": 48}}


def test_a_model_that_is_null_does_not_run() -> None:
    assert list(parse(models={"face": None, "facemesh": {}}).models) == ["facemesh"]


def test_unknown_keys_are_ignored_everywhere() -> None:
    request = parse(
        SPEECH,
        models={"language": {"use_existing_partition": True, "language": "en"}, "posture": {}},
        registry_files=[],
        transcription={"language": "en", "model": "large"},
    )
    assert list(request.models) == ["language"]
    assert request.transcription.language == "en"


def test_a_known_model_that_is_not_installed_is_refused_by_name() -> None:
    message = refusal(models={"prosody": {}})
    assert message == "models.prosody: this model is not installed on this server; installed: face, facemesh"


def test_bad_options_of_a_model_that_is_not_installed_are_named_first() -> None:
    message = refusal(models={"prosody": {"granularity": "syllable"}})
    assert message == "models.prosody.granularity: must be one of word, sentence, utterance, conversational_turn"


@pytest.mark.parametrize("models", [{"face": None}, {"posture": {}}])
def test_nothing_left_to_run_is_refused(models: dict[str, Any]) -> None:
    assert refusal(models=models) == "models: no model to run is named; installed: face, facemesh"


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"face": {"prob_threshold": 1.5}}, "models.face.prob_threshold: must be at most 1"),
        ({"face": {"prob_threshold": -1}}, "models.face.prob_threshold: must be at least 0"),
        ({"face": {"prob_threshold": "0.5"}}, "models.face.prob_threshold: must be a number"),
        ({"face": {"fps_pred": -1}}, "models.face.fps_pred: must be at least 0"),
        ({"face": {"min_face_size": 60.5}}, "models.face.min_face_size: must be a whole number"),
        ({"face": {"min_face_size": 1e29}}, "models.face.min_face_size: must be at most 2.14748e+09"),
        ({"face": {"identify_faces": "yes"}}, "models.face.identify_faces: must be true or false"),
        ({"face": {"facs": True}}, "models.face.facs: must be an object"),
        ({"face": []}, "models.face: must be an object"),
        ({"prosody": {"window": {"length": 0.4}}}, "models.prosody.window.length: must be at least 0.5"),
        ({"language": {"granularity": 3}}, "models.language.granularity: must be one of word, sentence, utterance, "
         "conversational_turn, passage"),
        ([], "models: must be a JSON object"),
        ("face", "models: must be a JSON object"),
    ],
)  # fmt: skip
def test_a_refusal_says_where_and_what(models: Any, message: str) -> None:
    assert refusal(SPEECH, models=models) == message


def test_several_faults_are_named_at_once() -> None:
    message = refusal(models={"face": {"prob_threshold": 2, "save_faces": 1}})
    assert message == "models.face.prob_threshold: must be at most 1; models.face.save_faces: must be true or false"


def test_windows_are_echoed_with_their_defaults() -> None:
    options = parse(SPEECH, models={"prosody": {"window": {"length": 2}}}).models["prosody"]
    assert options["window"] == {"length": 2.0, "step": 1.0}


def test_absent_transcription_is_the_default_and_null_turns_it_off() -> None:
    absent, null, given = parse(), parse(transcription=None), parse(transcription={})
    assert (absent.transcription.confidence_threshold, absent.transcription_given) == (0.5, False)
    assert (null.transcription, null.transcription_given) == (None, True)
    assert (given.transcription.language, given.transcription_given) == (None, True)


@pytest.mark.parametrize(
    ("transcription", "start"),
    [
        ({"language": "klingon"}, "transcription.language: must be one of zh, da, nl, en, "),
        ({"confidence_threshold": 2}, "transcription.confidence_threshold: must be at most 1"),
        ("en", "transcription: must be an object"),
    ],
)
def test_bad_transcription_is_refused(transcription: Any, start: str) -> None:
    assert refusal(transcription=transcription).startswith(start)


def test_sources_come_in_the_order_urls_files_texts() -> None:
    upload = FileSource(filename="a.jpg", content_type="image/jpeg", md5sum="0" * 32, upload="uploads/1")
    request = parse_request({"text": ["one", "two"], "urls": [URL, URL]}, HERE, [upload])
    assert [source.type for source in request.sources()] == ["url", "url", "file", "text"]


@pytest.mark.parametrize("body", [None, {}, {"urls": None, "text": []}])
def test_a_request_without_any_source_is_refused(body: Any) -> None:
    with pytest.raises(InvalidRequest, match="at least one source"):
        parse_request(body, HERE)


def test_an_upload_alone_is_enough() -> None:
    upload = FileSource(filename=None, content_type=None, md5sum="0" * 32, upload="uploads/1")
    assert parse_request(None, HERE, [upload]).files == (upload,)


@pytest.mark.parametrize(
    "url",
    ["", "clip.mp4", "ftp://host/clip.mp4", "file:///etc/passwd", "http://", "http://[::1", "http://h:99999/", "https://a/\n"],
)  # fmt: skip
def test_a_url_must_be_an_http_address_with_a_host(url: str) -> None:
    assert refusal(urls=[URL, url]) == "urls[1]: must be an http or https address with a host"


def test_long_presigned_urls_are_kept_to_the_letter() -> None:
    url = f"https://bucket.example.com/a%20b.mp4?X-Signature={'f' * 4000}#x"
    assert parse(urls=[url]).urls[0].url == url


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"urls": [1]}, "urls[0]: must be a string"),
        ({"urls": URL}, "urls: must be a list of strings"),
        ({"urls": [URL] * 101}, "urls: at most 100 are taken at once, got 101"),
        ({"text": ["fine", None]}, "text[1]: must be a string"),
        ({"text": ["x"] * 101}, "text: at most 100 are taken at once, got 101"),
        ({"callback_url": "nowhere"}, "callback_url: must be an http or https address with a host"),
        ({"notify": "yes"}, "notify: must be true or false"),
    ],
)
def test_bad_sources_and_switches_are_refused(body: dict[str, Any], message: str) -> None:
    assert refusal(**body) == message


def test_one_hundred_of_each_kind_are_taken() -> None:
    request = parse(urls=[URL] * 100, text=["x"] * 100)
    assert (len(request.urls), len(request.texts)) == (100, 100)


def test_a_hundred_and_one_files_are_refused() -> None:
    upload = FileSource(filename="a", content_type=None, md5sum="0" * 32, upload="u")
    with pytest.raises(InvalidRequest, match="at most 100 files"):
        parse_request({}, HERE, [upload] * 101)


def test_a_text_over_255_megabytes_is_refused() -> None:
    assert refusal(text=["ä" * (128 * 1024 * 1024)]) == "text[0]: must be at most 255 MB"


@pytest.mark.parametrize("body", [[], "x", 3, True])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(InvalidRequest, match="request: must be a JSON object"):
        parse_request(body, HERE)
