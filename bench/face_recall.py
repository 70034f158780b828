"""Print how many faces are found: in real pictures, and by size, rotation and cover in pictures built from them.

python bench/face_recall.py FOLDER...    (folders of the files that face_pictures.csv names; missing ones are left out)

Built pictures are 1280 x 720: one clear face with hair and shoulders, softly cut out, on a real background without
faces. A face counts as found when a box of `face` overlaps its own by 0.3 (0.2 where it is turned or covered), at
`prob_threshold` 0.99, the default of the wire. False detections are counted on the pictures without faces.
"""

import argparse
import csv
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from mien.domain.media import MediaKind
from mien.domain.request import FaceExtraction
from mien.domain.segment import Box, FaceCrop
from mien.extractors.face_alignment import overlap
from mien.extractors.faces import FaceExtractor
from mien.media.opening import open_media
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.testing import FakeMedia

LABELS = Path(__file__).with_name("face_pictures.csv")
SIZE = (1280, 720)
BACKGROUNDS = ("coffee.png", "rocket.jpg", "motorcycle_left.png", "china.jpg", "grass.png")
SIZES = (24, 30, 36, 42, 48, 60, 80, 120, 200, 400)
ANGLES = (0, 15, 30, 45, 60, 75, 90)
COVERS = ("nothing", "mouth and chin", "eyes", "forehead to brows", "one half", "all but the eyes")
SHORT = 150  # pixels of the shorter side where not the size is looked at
AROUND = 1.3  # what is cut out, from the middle of the face, in sides of the face
SURE = 0.99


@dataclass(frozen=True)
class Labelled:
    """Holds one line of the labels; `box` is missing where a picture shows no face."""

    file: Path
    box: Box | None
    note: str
    clear: bool


@dataclass(frozen=True)
class Look:
    """Says how a face is put into a picture: its shorter side, how far turned, what covers it, and whether alone."""

    short: int = SHORT
    degrees: float = 0.0
    cover: str = "nothing"
    beside: bool = False


def read_labels(folders: Sequence[Path]) -> list[Labelled]:
    """Read the labels of the pictures that lie in one of the folders; name those that lie in none."""
    lines = [line for line in LABELS.read_text("utf-8").splitlines() if not line.startswith("#")]
    found = []
    for row in csv.DictReader(lines):
        file = next((folder / row["file"] for folder in folders if (folder / row["file"]).is_file()), None)
        if file is None:
            print(f"left out: {row['file']}", file=sys.stderr)
            continue
        sides = [float(row[side]) for side in ("left", "top", "width", "height") if row[side]]
        found.append(Labelled(file, Box(*sides) if sides else None, row["note"], row["clear"] == "yes"))
    return found


class Finder:
    """Finds the faces of pictures as `face` does."""

    def __init__(self) -> None:
        self._extractor = FaceExtractor(NetworkRuntime(WeightsStore(read_settings().weights), threads=1))

    def faces(self, pixels: np.ndarray, smallest: int = 60, prob: float = SURE) -> list[FaceCrop]:
        """Return the faces of a still."""
        wanted = FaceExtraction(min_face_size=smallest, prob_threshold=prob)
        return list(self._extractor.extract(FakeMedia(MediaKind.IMAGE, [pixels]), None, wanted))


def pixels_of(file: Path) -> np.ndarray:
    """Read a picture."""
    with open_media(file) as media:
        return next(iter(media.frames(0))).pixels


def cut_out(pixels: np.ndarray, face: Labelled, look: Look) -> tuple[Image.Image, Image.Image, Box]:
    """Return a face with its surroundings as it shall look, its soft mask, and its box in it."""
    box = face.box
    assert box is not None
    scale, reach = look.short / min(box.w, box.h), AROUND * max(box.w, box.h)
    x, y = box.x + box.w / 2, box.y + box.h / 2
    around = Image.fromarray(pixels).crop((round(x - reach), round(y - reach), round(x + reach), round(y + reach)))
    side = round(2 * reach * scale)
    patch = around.resize((side, side), Image.Resampling.LANCZOS, reducing_gap=3)
    inside = ImageOps.expand(Image.new("L", (pixels.shape[1], pixels.shape[0]), 255), 4000)
    left, top = round(4000 + x - reach), round(4000 + y - reach)
    known = inside.crop((left, top, left + round(2 * reach), top + round(2 * reach)))
    mask = Image.new("L", (side, side))
    edge = side * 0.06
    ImageDraw.Draw(mask).ellipse((edge, edge, side - edge, side - edge), fill=255)
    mask = Image.fromarray(np.minimum(np.asarray(mask), np.asarray(known.resize((side, side)))))
    w, h = box.w * scale, box.h * scale
    cover(patch, Box((side - w) / 2, (side - h) / 2, w, h), look.cover)
    mask = mask.filter(ImageFilter.GaussianBlur(side * 0.02)).rotate(-look.degrees)
    angle = math.radians(look.degrees)
    across = abs(w * math.cos(angle)) + abs(h * math.sin(angle))
    down = abs(w * math.sin(angle)) + abs(h * math.cos(angle))
    turned = patch.rotate(-look.degrees, Image.Resampling.BICUBIC)
    return turned, mask, Box((side - across) / 2, (side - down) / 2, across, down)


def cover(patch: Image.Image, box: Box, what: str) -> None:
    """Paint a part of the face over with blue cloth."""
    top, bottom, left, right = {
        "nothing": (0.0, 0.0, 0.0, 0.0),
        "mouth and chin": (0.6, 1.1, -0.1, 1.1),
        "eyes": (0.27, 0.5, -0.1, 1.1),
        "forehead to brows": (-0.3, 0.28, -0.2, 1.2),
        "one half": (-0.2, 1.1, 0.5, 1.2),
        "all but the eyes": (0.5, 1.2, -0.2, 1.2),
    }[what]
    places = (box.x + left * box.w, box.y + top * box.h, box.x + right * box.w, box.y + bottom * box.h)
    if bottom > top:
        ImageDraw.Draw(patch).rectangle(places, fill=(70, 88, 120))


def found_share(finder: Finder, faces: Sequence[Labelled], grounds: Sequence[Path], look: Look) -> tuple[int, int]:
    """Count the faces found, and those shown, over all faces on all backgrounds."""
    hits = shown = 0
    kept = {face.file: pixels_of(face.file) for face in faces}
    for number, face in enumerate(faces):
        patch, mask, box = cut_out(kept[face.file], face, look)
        for place, ground in enumerate(grounds):
            scene = ImageOps.fit(Image.fromarray(pixels_of(ground)), SIZE)
            free = SIZE[0] - patch.width - (400 if look.beside else 0), SIZE[1] - patch.height
            left, top = (round(room * ((0.37 * (number + 1) + 0.29 * place) % 1.0)) for room in free)
            scene.paste(patch, (left, top), mask)
            if look.beside:
                other = faces[(number + 1) % len(faces)]
                near, its_mask, _box = cut_out(kept[other.file], other, Look(120))
                scene.paste(near, (SIZE[0] - near.width, place * 60), its_mask)
            expected = Box(box.x + left, box.y + top, box.w, box.h)
            enough = 0.3 if look.degrees == 0 and look.cover == "nothing" else 0.2
            found = finder.faces(np.asarray(scene), smallest=min(60, round(0.7 * look.short)))
            hits += any(overlap(one.box, expected) >= enough for one in found)
            shown += 1
    return hits, shown


def changed(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a picture as it is, enlarged, shrunk, turned over and darkened."""
    picture = Image.fromarray(pixels)
    yield pixels
    for factor in (2.0, 0.5):
        yield np.asarray(picture.resize([max(1, round(side * factor)) for side in picture.size]))
    yield pixels[::-1].copy()
    yield (pixels * 0.4).astype(np.uint8)


def print_real(finder: Finder, labels: Sequence[Labelled]) -> None:
    """Print how many of the labelled faces of each picture are found, and how many others."""
    print("| real picture | faces | found at 0.99 | at 0.5 | false at 0.99 |\n| --- | ---: | ---: | ---: | ---: |")
    for file in dict.fromkeys(one.file for one in labels if one.box):
        boxes = [one.box for one in labels if one.file == file and one.box]
        pixels = pixels_of(file)
        sure, likely = (finder.faces(pixels, smallest=40, prob=prob) for prob in (SURE, 0.5))
        hits = [sum(any(overlap(one.box, box) >= 0.3 for one in found) for box in boxes) for found in (sure, likely)]
        false = sum(all(overlap(one.box, box) < 0.3 for box in boxes) for one in sure)
        print(f"| {file.name} | {len(boxes)} | {hits[0]} | {hits[1]} | {false} |")


def print_built(finder: Finder, faces: Sequence[Labelled], grounds: Sequence[Path], only: str) -> None:
    """Print how many faces are found by size, rotation and cover, in the rows whose names hold `only`."""
    looks = {f"{short} pixels": Look(short) for short in SIZES}
    looks |= {f"turned by {angle} degrees, alone": Look(degrees=angle) for angle in ANGLES}
    looks |= {f"turned by {angle} degrees, beside an upright one": Look(degrees=angle, beside=True) for angle in ANGLES}
    looks |= {f"covered: {what}": Look(cover=what) for what in COVERS}
    print(f"\n| {len(faces)} faces on {len(grounds)} backgrounds | found | share |\n| --- | ---: | ---: |")
    for name, look in looks.items():
        if only in name:
            hits, shown = found_share(finder, faces, grounds, look)
            print(f"| {name} | {hits} of {shown} | {hits / shown:.2f} |", flush=True)


def print_empty(finder: Finder, files: Sequence[Path]) -> None:
    """Print how often a face is found where there is none."""
    highest = [
        max((one.prob for one in finder.faces(pixels, prob=0.05)), default=0.0)
        for file in files
        for pixels in changed(pixels_of(file))
    ]
    over = [sum(one >= prob for one in highest) for prob in (SURE, 0.5)]
    print(f"\n{len(highest)} pictures without faces: {over[0]} with one at 0.99, {over[1]} at 0.5")
    print(f"highest probability {max(highest, default=0.0):.2f}")


def main() -> int:
    """Print one table after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="where the pictures lie")
    parser.add_argument("--only", default="", help="the built pictures whose row holds this, as `beside`")
    options = parser.parse_args()
    finder, labels = Finder(), read_labels([*options.folders, read_settings().samples])
    empty = [one.file for one in labels if one.box is None]
    print_real(finder, labels)
    grounds = [file for file in empty if file.name in BACKGROUNDS]
    print_built(finder, [one for one in labels if one.clear], grounds, options.only)
    print_empty(finder, empty)
    return 0


if __name__ == "__main__":
    sys.exit(main())
