"""Lay out what is kept of the meshes of faces: one zip per source, in it one entry of JSON per photograph."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, BinaryIO, Final
from zipfile import ZipFile

from mien.domain.network import Floats

MESH_FILE: Final = "meshes.zip"


def mesh_entry(file: str) -> str:
    """Return what the entry of a photograph is called; names from archives may hold what no zip takes."""
    return f"{sha256(file.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def mesh_json(boxes: Sequence[Sequence[float]], points: Floats) -> str:
    """Write faces with their boxes and their meshes, faces x 468 x 2 in pixels, to a tenth of a pixel."""
    faces = [
        {
            "box": dict(zip("xywh", box, strict=True)),
            "points": [[round(float(side), 1) for side in one] for one in mesh],
        }
        for box, mesh in zip(boxes, points, strict=True)
    ]
    return json.dumps(faces, separators=(",", ":"))


def read_meshes(stream: BinaryIO, file: str) -> list[dict[str, Any]]:
    """Return the faces kept of a photograph, as they were written; none where nothing was kept of it."""
    with ZipFile(stream) as archive:
        name = mesh_entry(file)
        faces: list[dict[str, Any]] = json.loads(archive.read(name)) if name in archive.namelist() else []
        return faces
