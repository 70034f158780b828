import io
from zipfile import ZipFile

import numpy as np

from mien.wire.meshes import mesh_entry, mesh_json, read_meshes


def test_what_is_written_of_a_photograph_is_read_again():
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        points = np.array([[[1.26, 2.0], [3.0, 4.04]]], np.float32)
        archive.writestr(mesh_entry("a/me.jpg"), mesh_json([[1.0, 2.0, 3.0, 4.0]], points))
    faces = read_meshes(buffer, "a/me.jpg")
    assert faces == [{"box": {"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0}, "points": [[1.3, 2.0], [3.0, 4.0]]}]
    assert read_meshes(buffer, "another.jpg") == []


def test_a_name_that_is_no_text_has_an_entry_too():
    assert mesh_entry("caf\udce9.jpg") != mesh_entry("cafe.jpg")
