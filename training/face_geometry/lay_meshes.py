"""Lays the serving mesh on every FER+ face and keeps meshes, votes and split in one file outside the tree.

python -m training.face_geometry.lay_meshes --weights DIR
"""

import argparse
import io
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from mien.domain.network import Network
from mien.extractors.face_alignment import Square, square_around
from mien.extractors.face_mesh import MESH, SURROUNDINGS, Mesh, mesh_in
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from training.face_geometry.meshes import DEFAULT_FILE, Meshes

DATA = Path("../shared/data/face/ferplus.npz")
SIDE = 48
FIRST_LOOK = Square(SIDE / 2, SIDE / 2, 1.25 * SIDE, 0.0)  # the pictures are cut close to the face


def lay_meshes(data: Path, network: Network) -> Meshes:
    """Lay a mesh on each picture as the extractor does on a still: two passes."""
    with np.load(data) as packed:
        webp, offset, votes, split = (packed[key] for key in ("webp", "offset", "votes", "split"))
    found = [_mesh(webp[start:end].tobytes(), network) for start, end in pairwise(offset)]
    points = np.stack([mesh.points for mesh in found])
    return Meshes(points, np.array([mesh.flag for mesh in found], np.float32), votes, split)


def _mesh(webp: bytes, network: Network) -> Mesh:
    picture = Image.open(io.BytesIO(webp)).convert("RGB")
    rough = mesh_in(network, picture, FIRST_LOOK)
    return mesh_in(network, picture, square_around(rough.points, rough.angle, SURROUNDINGS))


def main() -> None:
    """Read the command line, lay the meshes, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="ferplus.npz")
    parser.add_argument("--weights", type=Path, required=True, help="folder that `mien weights pull` filled")
    parser.add_argument("--out", type=Path, default=DEFAULT_FILE, help="file to write")
    options = parser.parse_args()
    meshes = lay_meshes(options.data, NetworkRuntime(WeightsStore(options.weights)).network(MESH))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(options.out, **meshes._asdict())
    print(f"{len(meshes.points)} faces, flag above 0.8 on {(meshes.flags > 0.8).mean():.3f}")


if __name__ == "__main__":
    main()
