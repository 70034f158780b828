"""What every extractor keeps."""

from typing import Any

import pytest

from mien.domain.expression import Extractor
from mien.domain.media import MediaKind
from mien.domain.request import Extraction, FaceExtraction
from mien.domain.segment import Box, FaceCrop
from mien.extractors.faces import FaceExtractor
from mien.testing import FakeMedia, check_extractor
from tests.fakes_faces import face_runtime, picture_with

CLIP = FakeMedia(MediaKind.VIDEO, [picture_with(Box(x, 100, 100, 130), Box(420, 80, 100, 120)) for x in (50, 60, 70)])


@pytest.mark.parametrize(
    ("extractor", "wanted", "expected"),
    [
        (FaceExtractor, FaceExtraction(fps_pred=0), 6),
        (FaceExtractor, FaceExtraction(fps_pred=0, identify_faces=True), 6),
    ],
)
def test_the_extractor_keeps_the_contract(extractor: type[Extractor[Any]], wanted: Extraction, expected: int) -> None:
    found = check_extractor(extractor, CLIP, wanted, face_runtime())

    assert len(found) == expected
    times = [segment.time for segment in found if isinstance(segment, FaceCrop)]
    assert times == sorted(times)
