"""Prints what `face` and `facemesh` see in the acts of a film and in photographs: figures of docs/science-face.md.

python -m training.face_mapping.acts --media ../shared/data/media/face

The film shows one woman who cries, then looks up astonished, then laughs. It and the photographs lie outside the
repository. Scores of a film are means over an act at three frames a second.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_48
from mien.domain.request import FaceExtraction
from mien.domain.segment import FaceCrop
from mien.extractors.faces import FaceExtractor
from mien.media.opening import open_media
from mien.models.expression_mapping import EXPRESSIONS
from mien.models.face import FaceModel
from mien.models.facemesh import FacemeshModel
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings

MEDIA = Path("../shared/data/media/face")
FILM = "cry_wonder_laugh_640x360.mp4"
ACTS = {"first frame": (0.0, 0.1), "cries": (1.0, 5.5), "wonders": (6.0, 9.5), "laughs": (10.0, 20.0)}  # seconds
PHOTOGRAPHS = ("obama.jpg", "obama_720p.jpg", "astronaut.jpg", "biden.jpg", "two_people.jpg")
TOP = 5


def faces_in(path: Path, runtime: NetworkRuntime) -> list[FaceCrop]:
    """Find the faces of a picture or film as a request with defaults does."""
    with open_media(path) as media:
        return list(FaceExtractor(runtime).extract(media, None, FaceExtraction()))


def strongest(scores: NDArray[np.float32]) -> str:
    """Write the strongest of 48 scores, and Joy and Sadness in any case."""
    order = [int(place) for place in np.argsort(-scores)[:TOP]]
    order += [EMOTIONS_48.index(name) for name in ("Joy", "Sadness") if EMOTIONS_48.index(name) not in order]
    return ", ".join(f"{EMOTIONS_48[place]} {scores[place]:.2f}" for place in order)


def print_rows(name: str, faces: Sequence[FaceCrop], models: Sequence[FaceModel | FacemeshModel]) -> None:
    """Print the eight expressions and the strongest scores of some faces, means and least and most."""
    for model in models:
        if not faces:
            print(f"| {name} | {model.name} | no face | |")
            continue
        eight = model.evidence(faces).expressions
        means, least, most = eight.mean(axis=0), eight.min(axis=0), eight.max(axis=0)
        shown = [place for place in np.argsort(-means) if most[place] >= 0.1]
        told = ", ".join(
            f"{EXPRESSIONS[place]} {means[place]:.2f} ({least[place]:.2f}–{most[place]:.2f})" for place in shown
        )
        scores = model.predict(faces, frozenset({"emotions"}))["emotions"].mean(axis=0)
        print(f"| {name} | {model.name} | {told} | {strongest(scores)} |")


def main() -> None:
    """Read the command line and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the film and the photographs")
    folder = parser.parse_args().media
    runtime = NetworkRuntime(WeightsStore(read_settings().weights), threads=1)
    models = (FaceModel(runtime), FacemeshModel(runtime))
    print("| what | model | eight expressions: mean (least to most) | strongest of the 48 scores |")
    print("| --- | --- | --- | --- |")
    film = faces_in(folder / FILM, runtime)
    for act, (begin, end) in ACTS.items():
        print_rows(act, [face for face in film if begin <= face.time < end], models)
    for name in PHOTOGRAPHS:
        for place, face in enumerate(faces_in(folder / name, runtime)):
            print_rows(f"{name} {place + 1}", [face], models)


if __name__ == "__main__":
    main()
