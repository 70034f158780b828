import pytest
from pydantic import ValidationError

from mien.domain.request import FaceExtraction, FacemeshOptions, FaceOptions, InferenceRequest, ProsodyOptions
from mien.domain.source import FileSource, TextSource, UrlSource


def test_face_with_defaults_and_facemesh_want_the_same_faces():
    assert FaceOptions.model_validate({}).extraction() == FacemeshOptions.model_validate({}).extraction()


def test_null_means_the_default_and_unknown_keys_are_ignored():
    options = FaceOptions.model_validate({"fps_pred": None, "min_face_size": 60.0, "colour": "red"})
    assert options.extraction() == FaceExtraction()


@pytest.mark.parametrize("wrong", [{"prob_threshold": 1.1}, {"fps_pred": "3"}, {"fps_pred": -1}, {"save_faces": 1}])
def test_values_out_of_range_or_of_another_type_are_refused(wrong):
    with pytest.raises(ValidationError):
        FaceOptions.model_validate(wrong)


def test_an_empty_window_means_its_defaults():
    assert ProsodyOptions.model_validate({"window": {}}).extraction().window == (4.0, 1.0)


def test_sources_come_as_urls_then_files_then_all_texts_as_one():
    url = UrlSource(url="http://a.example/b.jpg")
    file = FileSource(filename="c.png", content_type=None, md5sum="0", upload="u")
    request = InferenceRequest(models={}, urls=(url,), files=(file,), texts=("one", "two"))
    assert request.sources() == (url, file, TextSource(texts=("one", "two")))


def test_a_request_survives_being_stored():
    request = InferenceRequest(models={"face": {"fps_pred": 3.0}}, transcription=None, texts=("x",))
    assert InferenceRequest.model_validate_json(request.model_dump_json()) == request


def test_the_name_of_a_url_is_its_last_segment_without_the_query():
    assert UrlSource(url="https://a.example/x/my%20clip.mp4?sig=1/2").name == "my clip.mp4"
    assert UrlSource(url="https://a.example").name == "a.example"
