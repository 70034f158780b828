"""Tell people apart: a face becomes 128 numbers, and those of one person lie close together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PIL import Image

from mien.domain.network import Floats, Network
from mien.extractors.face_alignment import Pixels, cut_square, square_that_brings

IDENTITY: Final = "face-identity-1"
CHIP: Final = 150
CORNERS: Final = (263, 362, 33, 133, 2)
"""Points of the mesh: outer and inner corner of the eye right in the picture, of the left one, and below the nose."""

_MEAN_SHAPE: Final = (
    (0.8595674595992, 0.2134981538014),
    (0.6460604764104, 0.2289674387677),
    (0.1205750620789, 0.2137274526848),
    (0.3340850613712, 0.2290642403242),
    (0.4901123135679, 0.6277975316475),
)
"""Where those points lie in an average face (dlib 20.0, image_transforms/interpolation.h, five landmarks)."""

_PADDING: Final = 0.25
SAME_PERSON: Final = 0.55
"""Distance up to which two faces are one person's; dlib's own is 0.6. See docs/science-face.md."""

MOST_KEPT: Final = 8
"""Faces kept of one person, to compare later ones with."""

PLACES: Final = (np.asarray(_MEAN_SHAPE) + _PADDING) / (1 + 2 * _PADDING) * CHIP


def cut_chip(picture: Image.Image, mesh: Floats) -> Pixels:
    """Cut a face out as the identity network wants it, 150 x 150 x 3; `mesh` is 468 x 3 in pixels of the picture."""
    return cut_square(picture, square_that_brings(mesh[list(CORNERS), :2], PLACES, CHIP), CHIP)


def embed(network: Network, chips: Sequence[Pixels]) -> Floats:
    """Return the 128 numbers of each chip, a row each; distances between rows are Euclidean."""
    pixels = np.stack(chips).transpose(0, 3, 1, 2).astype(np.float32)
    return np.asarray(network.run({"chips": pixels})["embeddings"], np.float32)


def frontality(mesh: Floats) -> float:
    """Return how far a face looks at the camera, 1 straight to 0 in profile: where the nose lies between the eyes."""
    left, right, nose = (mesh[point, :2].astype(float) for point in (33, 263, 1))
    across = right - left
    along = float((nose - left) @ across / max(float(across @ across), 1e-6))
    return max(0.0, 1 - 2 * abs(along - 0.5))


@dataclass
class People:
    """Know the people seen so far in one source, by number, each by some of their faces; it grows file by file."""

    _faces: list[list[Floats]] = field(default_factory=list)

    def somebody(self) -> int:
        """Return the number of a person of whom nothing is known but that they were seen."""
        self._faces.append([])
        return len(self._faces) - 1

    def distance(self, person: int, face: Floats) -> float:
        """Return how far a face is from the nearest known one of a person; infinite when none is known."""
        return min((float(np.linalg.norm(face - known)) for known in self._faces[person]), default=float("inf"))

    def remember(self, person: int, face: Floats) -> None:
        """Keep a face of a person unless enough are kept."""
        if len(self._faces[person]) < MOST_KEPT:
            self._faces[person].append(face)

    def recognise(self, faces: Sequence[Floats], elsewhere: set[int]) -> list[int]:
        """Return who the faces of one frame are, nobody twice and nobody who is `elsewhere` in it.

        Strangers get the next numbers, in the order given. All faces are remembered.
        """
        pairs = sorted(
            (self.distance(person, face), place, person)
            for place, face in enumerate(faces)
            for person in range(len(self._faces))
            if person not in elsewhere
        )
        known: dict[int, int] = {}
        for distance, place, person in pairs:
            if distance < SAME_PERSON and place not in known and person not in known.values():
                known[place] = person
        people = [known[place] if place in known else self.somebody() for place in range(len(faces))]
        for person, face in zip(people, faces, strict=True):
            self.remember(person, face)
        return people
