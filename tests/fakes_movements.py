"""Movements of the face as displacements of the mesh, in centimetres: what action units do to a neutral face."""

import numpy as np
from numpy.typing import NDArray

from mien.models.face_geometry import read_neutral_face
from mien.models.mesh_measures import PUFFED

NEUTRAL = read_neutral_face()
BROWS = (55, 285, 107, 336, 65, 295, 70, 300, 46, 276, 53, 283, 63, 293, 105, 334, 52, 282)
UPPER_LIDS, LOWER_LIDS = (159, 386, 158, 385, 160, 387), (145, 374, 153, 380, 144, 373)
CHEEKS = (50, 280, 101, 330, 118, 347)
LOWER_LIP, UPPER_LIP = (14, 17, 87, 317, 84, 314), (0, 13, 37, 267, 82, 312)
CORNERS = (61, 291)


def along_y(group: tuple[int, ...], centimetres: float) -> NDArray[np.float64]:
    """Move vertices up by so much."""
    moved = np.zeros((468, 3))
    moved[list(group), 1] = centimetres
    return moved


def outwards(group: tuple[int, ...], centimetres: float) -> NDArray[np.float64]:
    """Move vertices away from the middle of the face."""
    moved = np.zeros((468, 3))
    moved[list(group), 0] = np.sign(NEUTRAL.vertices[list(group), 0]) * centimetres
    return moved


def forwards(group: tuple[int, ...], centimetres: float) -> NDArray[np.float64]:
    """Move vertices towards the viewer."""
    moved = np.zeros((468, 3))
    moved[list(group), 2] = centimetres
    return moved


JAW = along_y((*LOWER_LIP, 152, 199, 200, 175), -1.0)
MOVEMENTS: dict[str, NDArray[np.float64]] = {
    "AU1": along_y((55, 285, 107, 336, 65, 295), 0.6),
    "AU2": along_y((70, 300, 46, 276, 53, 283, 63, 293), 0.6),
    "AU4": along_y(BROWS, -0.5) + outwards((55, 285), -0.2),
    "AU5": along_y(UPPER_LIDS, 0.3),
    "AU6": along_y(CHEEKS, 0.4),
    "AU7": along_y(LOWER_LIDS, 0.2),
    "AU9": along_y((129, 358, 98, 327), 0.3),
    "AU10": along_y(UPPER_LIP, 0.3),
    "AU12": along_y(CORNERS, 0.5) + outwards(CORNERS, 0.4),
    "AU15": along_y(CORNERS, -0.4),
    "AU16": along_y(LOWER_LIP, -0.3),
    "AU17": along_y((*LOWER_LIP, 152), 0.4),
    "AU18": outwards(CORNERS, -0.5),
    "AU20": outwards(CORNERS, 0.5),
    "AU22": outwards(CORNERS, -0.3) + along_y((0, 37, 267), 0.2) + along_y((17, 84, 314), -0.2),
    "AU23": along_y((0, 37, 267), -0.1) + along_y((17, 84, 314), 0.1),
    "AU24": along_y((0, 37, 267), -0.2) + along_y((17, 84, 314), 0.2),
    "AU25": along_y(UPPER_LIP, 0.2) + along_y(LOWER_LIP, -0.3),
    "AU26": JAW,
    "AU28": along_y((0, 37, 267), -0.2) + along_y((17, 84, 314), 0.2),
    "AU32": along_y((17, 84, 314), 0.2),
    "AU34": forwards(PUFFED, 0.5),
    "AU38": outwards((129, 358, 98, 327), 0.3),
    "AU43": along_y(UPPER_LIDS, -0.4),
    "smirk": along_y((61,), 0.4),
    "wink": along_y((159, 158, 160), -0.3),
}
