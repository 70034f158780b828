import io
from zipfile import ZipFile

import numpy as np

from mien.domain.source_memory import Note
from mien.engine import mesh_results
from mien.engine.mesh_results import MeshResults
from mien.pipeline.meshes import MESHES
from mien.wire.meshes import read_meshes


def a_note(x: float) -> Note:
    return Note(MESHES, {"boxes": [[x, 0.0, 1.0, 1.0]]}, {"points": np.zeros((1, 468, 2), np.float32)})


class Opening:
    """Count how often a zip was made."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()
        self.made: list[ZipFile] = []

    def __call__(self) -> ZipFile:
        self.made.append(ZipFile(self.buffer, "w"))
        return self.made[-1]

    def boxes(self, file: str) -> list[float]:
        self.made[0].close()
        return [face["box"]["x"] for face in read_meshes(self.buffer, file)]


def test_nothing_is_made_where_there_is_no_mesh():
    opening = Opening()
    MeshResults(opening).add("talk.wav", [Note("spoken", {})])
    assert opening.made == []


def test_of_two_passes_over_the_same_faces_the_first_is_kept():
    opening = Opening()
    meshes = MeshResults(opening)
    meshes.add("me.jpg", [a_note(1.0), a_note(2.0)])
    meshes.add("me.jpg", [a_note(3.0)])
    assert len(opening.made) == 1
    assert opening.boxes("me.jpg") == [1.0]


def test_no_more_files_are_kept_than_one_looks_at(monkeypatch):
    monkeypatch.setattr(mesh_results, "MOST_FILES", 1)
    opening = Opening()
    meshes = MeshResults(opening)
    meshes.add("one.jpg", [a_note(1.0)])
    meshes.add("two.jpg", [a_note(2.0)])
    assert opening.boxes("two.jpg") == []
