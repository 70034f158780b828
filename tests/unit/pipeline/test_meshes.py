from mien.domain.cancellation import Cancellation
from mien.domain.media import MediaKind
from mien.domain.request import InferenceRequest
from mien.domain.source_memory import Note, SourceMemory
from mien.pipeline.analyze import Pipeline
from mien.pipeline.meshes import MESHES, MOST_FACES, note_meshes
from mien.testing import FakeMedia
from tests.fakes import FakeRuntime, RedModel, WholePicture, face, picture


def noted(kind: MediaKind, memory: SourceMemory) -> list[Note]:
    pipeline = Pipeline({"red": RedModel}, [WholePicture], FakeRuntime())
    request = InferenceRequest(models={"red": {}}, urls=())
    pipeline.analyze(FakeMedia(kind, [picture(0)], fps=3.0), "me.jpg", request, Cancellation(), memory=memory)
    return [note for note in memory.take_notes() if note.about == MESHES]


def test_the_meshes_of_a_photograph_are_noted_whether_or_not_it_is_measured_in_pieces():
    for memory in (SourceMemory(), SourceMemory(in_pieces=True)):
        (note,) = noted(MediaKind.IMAGE, memory)
        assert note.arrays["points"].shape[::2] == (1, 2)
        assert len(note.told["boxes"]) == 1


def test_those_of_a_film_are_not():
    assert noted(MediaKind.VIDEO, SourceMemory()) == []


def test_a_crowd_is_noted_in_part():
    memory = SourceMemory()
    note_meshes([face(picture(0), index) for index in range(MOST_FACES + 5)], memory)
    (note,) = memory.take_notes()
    assert len(note.told["boxes"]) == len(note.arrays["points"]) == MOST_FACES
