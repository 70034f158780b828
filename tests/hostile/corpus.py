"""Make bad files and bad requests, the same for the same seed: what strangers send by mistake or on purpose."""

import gzip
import io
import json
import random
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.fakes_files import Film, make_film, make_sound, make_tar, make_zip, picture_bytes

PICTURES = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "ICO")
SOUNDS = {"wav": "pcm_s16le", "flac": "flac", "mp3": "mp3", "ogg": "libopus"}
FILMS = ("mp4", "mkv", "avi", "mov", "webm", "ts")
CODECS = {"webm": "libvpx", "ts": "mpeg2video", "avi": "mpeg4"}


@dataclass(frozen=True)
class BadFile:
    """Hold one file and how it was made, so that a failure can be made again."""

    name: str
    content: bytes
    how: str


@dataclass(frozen=True)
class BadRequest:
    """Hold one body for POST /v0/batch/jobs with its content type."""

    body: bytes
    content_type: str
    how: str


def good_files() -> dict[str, bytes]:
    """Return one small sound file of every kind that is taken, by name."""
    found = {f"picture.{form.lower()}": picture_bytes(form=form) for form in PICTURES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, codec in SOUNDS.items():
            found[f"sound.{kind}"] = make_sound(folder / f"sound.{kind}", 0.5, 48_000, codec).read_bytes()
        for kind in FILMS:
            film = Film(frames=8, codec=CODECS.get(kind, "libx264"), sound=kind in ("mp4", "mkv"))
            found[f"film.{kind}"] = make_film(folder / f"film.{kind}", film).read_bytes()
        members = {"a.png": found["picture.png"], "b/c.txt": b"What a lovely day.", "d.wav": found["sound.wav"]}
        found["archive.zip"] = make_zip(folder / "archive.zip", members).read_bytes()
        found["archive.tar"] = make_tar(folder / "archive.tar", members).read_bytes()
    found["archive.tar.gz"] = gzip.compress(found["archive.tar"], mtime=0)
    found["words.txt"] = "I am so glad you came. Ich freue mich. 我很高兴。".encode()
    found["talk.srt"] = b"1\n00:00:00,000 --> 00:00:02,000\nWhat a lovely day.\n"
    return found


Mutation = Callable[[bytes, random.Random], bytes]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flip(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 4, 32, 256))):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _flip_start(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 2, 8))):
        damaged[chance.randrange(min(128, len(damaged)))] = chance.randrange(256)
    return bytes(damaged)


def _blot(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content))
    length = chance.randrange(1, 1 + len(content) - begin)
    return content[:begin] + chance.choice((b"\0", b"\xff")) * length + content[begin + length :]


def _huge_number(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(max(1, min(512, len(content) - 4)))
    number = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\0", b"\xff\xff\xff\x7f"))
    return content[:place] + number + content[place + 4 :]


def _double(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content))
    return content[:begin] + content[begin // 2 :] * chance.choice((2, 3))


def _drop(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content))
    return content[:begin] + content[begin + chance.choice((1, 2, 16, 1024)) :]


def _shuffle(content: bytes, chance: random.Random) -> bytes:
    pieces = [content[place : place + 64] for place in range(0, len(content), 64)]
    chance.shuffle(pieces)
    return b"".join(pieces)


MUTATIONS: dict[str, Mutation] = {
    "cut": _cut,
    "flip": _flip,
    "flip start": _flip_start,
    "blot": _blot,
    "huge number": _huge_number,
    "double": _double,
    "drop": _drop,
    "shuffle": _shuffle,
}


def bad_files(seed: int, count: int) -> Iterator[BadFile]:
    """Yield `count` files: the odd ones made on purpose first, then mutations of good ones, polyglots and noise."""
    chance = random.Random(seed)
    good = good_files()
    names = sorted(good)
    made = list(odd_files(good))[:count]
    yield from made
    for number in range(count - len(made)):
        name = chance.choice(names)
        kind = chance.choice((*MUTATIONS, *MUTATIONS, "wrong name", "polyglot", "noise", "header and noise"))
        yield BadFile(f"{number}-{name}", _made(kind, name, good, chance), f"{kind} of {name}, seed {seed}")


def _made(kind: str, name: str, good: dict[str, bytes], chance: random.Random) -> bytes:
    other = good[chance.choice(sorted(good))]
    if kind in MUTATIONS:
        return MUTATIONS[kind](good[name], chance)
    if kind == "wrong name":
        return other
    if kind == "polyglot":
        return good[name] + other if chance.random() < 0.5 else good[name][: chance.randrange(2048)] + other
    noise = chance.randbytes(chance.randrange(1, 4096))
    return noise if kind == "noise" else good[name][: chance.randrange(4, 64)] + noise


def odd_files(good: dict[str, bytes]) -> Iterator[BadFile]:
    """Yield files made to hurt: bombs, lying sizes, loops, names that climb."""
    yield from _odd_texts()
    yield from _odd_pictures(good)
    yield from _odd_sounds(good)
    yield from _odd_zips(good)
    yield from _odd_tars(good)


def _odd_texts() -> Iterator[BadFile]:
    yield BadFile("empty.txt", b"", "nothing")
    yield BadFile("nul.txt", b"\0" * 4096, "only NUL")
    yield BadFile("spaces.txt", b" \n\t" * 4096, "only spaces")
    yield BadFile("half.txt", "ä".encode()[:1] * 999, "half characters")
    yield BadFile("utf16.txt", "\ud800".encode("utf-16", "surrogatepass") * 99, "lone surrogates")
    yield BadFile("marks.txt", ("a" + "\u0301" * 5000).encode() * 4, "thousands of marks on one letter")
    yield BadFile("line.txt", b"a" * 300_000, "one endless word")
    yield BadFile("playlist.m3u8", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", "playlist that names another file")
    yield BadFile("list.ffconcat", b"ffconcat version 1.0\nfile /etc/passwd\n", "concatenation that names another file")
    yield BadFile(
        "picture.svg", b'<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="file:///etc/passwd"/></svg>', "SVG"
    )
    yield BadFile("script.html", b"<script>alert(1)</script>", "HTML")
    yield BadFile("laughs.xml", _billion_laughs(), "entities that grow")
    yield BadFile("open.srt", b"1\n99999999:00:00,000 --> 00:00:00,000\n" + b"x" * 9999, "subtitle that runs backwards")


def _billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY a0 "ha">{entities}]><a>&a9;</a>'.encode()


def _odd_pictures(good: dict[str, bytes]) -> Iterator[BadFile]:
    for width, height in ((0, 0), (1, 1), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1), (100_000, 1)):
        yield BadFile(f"claims-{width}x{height}.png", _png_claiming(width, height), "PNG with a false size")
    flat = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(flat, "PNG")
    yield BadFile("bomb.png", flat.getvalue(), "400 million pixels in few bytes")
    frames = [Image.new("P", (64, 64), colour) for colour in range(200)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=1, loop=0)
    yield BadFile("many.gif", moving.getvalue(), "200 pictures of a millisecond")
    yield BadFile("screen.gif", b"GIF89a\xff\xff\xff\xff" + good["picture.gif"][10:], "GIF with a huge screen")
    yield BadFile("loop.tiff", b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "TIFF whose directory follows itself")
    yield BadFile("text.png", zlib.compress(b"\0" * 10**7), "bare compressed zeros")
    chunk = _chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 5 * 10**7))
    yield BadFile("note.png", good["picture.png"][:33] + chunk + good["picture.png"][33:], "PNG with a bomb of a note")


def _png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + pixels + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _odd_sounds(good: dict[str, bytes]) -> Iterator[BadFile]:
    for rate, channels, bits in ((0, 1, 16), (200, 1, 16), (2**32 - 1, 1, 16), (16_000, 0, 16), (16_000, 65_535, 16)):
        yield BadFile(f"wav-{rate}-{channels}.wav", _wav(rate, channels, bits, 2**32 - 1), "WAV with a false header")
    yield BadFile("wav-bits.wav", _wav(16_000, 1, 1, 4000), "WAV of one bit")
    yield BadFile("riff.avi", b"RIFF" + b"\xff" * 4 + b"AVI LIST" + b"\xff" * 64, "AVI with endless lists")
    yield BadFile("atoms.mp4", b"\0\0\0\x08moov" * 4000, "MP4 of thousands of empty atoms")
    yield BadFile("deep.mp4", _nested_atoms(2000), "MP4 with atoms in atoms")
    yield BadFile("zero.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\0moov", "MP4 whose atom has no size")
    yield BadFile(
        "tags.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + good["sound.mp3"], "MP3 with a tag of 256 MB that is not there"
    )


def _nested_atoms(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = struct.pack(">I", len(content) + 8) + b"moov" + content
    return b"\0\0\0\x14ftypmp42\0\0\0\0mp42" + content


def _wav(rate: int, channels: int, bits: int, stated: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate, min(2**32 - 1, rate * 2), 2, bits)
    return (
        b"RIFF"
        + struct.pack("<I", stated)
        + b"WAVEfmt \x10\0\0\0"
        + form
        + b"data"
        + struct.pack("<I", stated)
        + b"\1" * 4000
    )


def _odd_zips(good: dict[str, bytes]) -> Iterator[BadFile]:
    png = good["picture.png"]
    climbing = (
        "../up.png",
        "/etc/root.png",
        "..\\up.png",
        "C:\\up.png",
        "a/../../up.png",
        "\\\\host\\up.png",
        "a\0b.png",
    )
    yield BadFile("climb.zip", _zip(dict.fromkeys(climbing, png)), "names that climb")
    yield BadFile("same.zip", _zip_of([("a.png", png)] * 20), "twenty members of one name")
    yield BadFile("case.zip", _zip({"A.png": png, "a.PNG": png, "a.png": png}), "names that differ in case")
    yield BadFile("dots.zip", _zip({".png": png, "...": png, " ": png, "a" * 4000 + ".png": png}), "odd names")
    yield BadFile("bomb.zip", _zip({"zeros.bin": b"\0" * 300_000_000}), "300 MB of zeros")
    inner = _zip({"a.png": png})
    for _ in range(6):
        inner = _zip({"inner.zip": inner, "a.png": png})
    yield BadFile("nested.zip", inner, "archives in archives")
    yield BadFile("empty.zip", _zip({}), "no members")
    yield BadFile("folders.zip", _zip({f"{n}/": b"" for n in range(500)}), "only folders")
    yield BadFile("many.zip", _zip_of([(f"{n}.txt", b"") for n in range(10_100)]), "more members than are taken")
    yield BadFile("lies.zip", _lying(good["archive.zip"]), "sizes that lie")
    yield BadFile("overlap.zip", _overlapping(png), "members that share their bytes")
    yield BadFile("locked.zip", _encrypted(good["archive.zip"]), "members marked as encrypted")
    yield BadFile("link.zip", _zip_link(), "a link to /etc/passwd")


def _zip(members: dict[str, bytes]) -> bytes:
    return _zip_of(list(members.items()))


def _zip_of(members: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive._didModify = True
            archive.writestr(entry, content)
            archive.NameToInfo.clear()  # else a second member of one name warns
    return out.getvalue()


def _lying(archive: bytes) -> bytes:
    directory = archive.index(b"PK\1\2")
    return archive[: directory + 24] + b"\1\0\0\0" + archive[directory + 28 :]


def _encrypted(archive: bytes) -> bytes:
    directory = archive.index(b"PK\1\2")
    return archive[: directory + 8] + b"\1\0" + archive[directory + 10 :]


def _overlapping(content: bytes) -> bytes:
    archive = _zip_of([("a.png", content)])
    directory, end = archive.index(b"PK\1\2"), archive.index(b"PK\5\6")
    entry = archive[directory:end]
    entries = b"".join(entry.replace(b"a.png", b"%05d" % number) for number in range(2000))
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2000, 2000, len(entries), directory, 0)
    return archive[:directory] + entries + tail


def _zip_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("link.png")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def _odd_tars(good: dict[str, bytes]) -> Iterator[BadFile]:
    kinds = {"symlink": tarfile.SYMTYPE, "link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE, "pipe": tarfile.FIFOTYPE}
    for name, kind in kinds.items():
        yield BadFile(
            f"{name}.tar", _tar([("a.png", kind, "/etc/passwd", b"")], good["picture.png"]), f"tar with a {name}"
        )
    yield BadFile(
        "climb.tar", _tar([("../../up.png", tarfile.REGTYPE, "", b"x")], good["picture.png"]), "names that climb"
    )
    yield BadFile("bomb.tar.gz", gzip.compress(b"\0" * 400_000_000, 9, mtime=0), "400 MB of zeros")
    lying = bytearray(good["archive.tar"])
    lying[124:136] = b"77777777777\0"
    yield BadFile("lies.tar", bytes(lying), "a member that is 8 GB long, it says")
    lying[124:136] = b"\xff" * 12
    yield BadFile("negative.tar", bytes(lying), "a member of negative size")


def _tar(entries: list[tuple[str, bytes, str, bytes]], picture: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, target, content in [*entries, ("good.png", tarfile.REGTYPE, "", picture)]:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, target, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


ODD_VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1e308, -1e308, 2**63, 10**400, "", "x", "\0", "\ud7ff", "💥" * 500, [], [[]], {},
    {"a": 1}, [None], [1, "2"], "NaN", "http://", "file:///etc/passwd", {"face": 5},
    {"face": {"fps_pred": -1}}, {"nothing": {}},
)  # fmt: skip
FIELDS = ("models", "urls", "text", "transcription", "callback_url", "notify", "unknown", "json", "files")


def bad_requests(seed: int, count: int) -> Iterator[BadRequest]:
    """Yield `count` bodies: broken JSON, wrong types, deep and long ones, broken forms. Some happen to be valid."""
    chance = random.Random(seed)
    makers = (_wrong_types, _broken_json, _deep_json, _broken_form, _broken_form)
    for _ in range(count):
        yield chance.choice(makers)(chance)


def _wrong_types(chance: random.Random) -> BadRequest:
    request = {name: chance.choice(ODD_VALUES) for name in chance.sample(FIELDS, chance.randrange(1, 5))}
    if chance.random() < 0.5:
        option = chance.choice(("fps_pred", "prob_threshold", "granularity", "window", "facs", "identify_faces"))
        request["models"] = {chance.choice(("face", "prosody", "language")): {option: chance.choice(ODD_VALUES)}}
    body = json.dumps(request).encode("utf-8", "surrogatepass")
    return BadRequest(body, "application/json", f"wrong types: {body[:200]!r}")


def _broken_json(chance: random.Random) -> BadRequest:
    whole = json.dumps({"models": {"language": {}}, "text": ["What a lovely day."], "notify": False}).encode()
    damage = chance.choice(list(MUTATIONS.values()))
    body = damage(whole, chance)
    return BadRequest(
        body, chance.choice(("application/json", "text/plain", "", "application/xml")), f"broken: {body[:200]!r}"
    )


def _deep_json(chance: random.Random) -> BadRequest:
    depth = chance.choice((100, 1000, 100_000))
    opening, closing = chance.choice((("[", "]"), ('{"models":', "}")))
    body = (opening * depth + "1" + closing * chance.choice((0, depth))).encode()
    return BadRequest(body, "application/json", f"{depth} deep")


def _broken_form(chance: random.Random) -> BadRequest:
    boundary = b"frontier"
    parts = [_part(chance) for _ in range(chance.choice((0, 1, 2, 3, 250)))]
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    if chance.random() < 0.5:
        body = chance.choice(list(MUTATIONS.values()))(body, chance)
    kind = chance.choice(("multipart/form-data; boundary=frontier",) * 4 + _ODD_FORMS)
    return BadRequest(body, kind, f"form {kind}: {body[:200]!r}")


_ODD_FORMS = (
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="fron tier"',
    "multipart/form-data; boundary=" + "x" * 5000,
    "multipart/mixed; boundary=frontier",
)


def _part(chance: random.Random) -> bytes:
    name = chance.choice(("json", "json", "file", "file", "other", "", "\0", "file[]"))
    header = f'Content-Disposition: form-data; name="{name}"'
    if chance.random() < 0.5:
        header += f'; filename="{chance.choice(("a.txt", "", "../a", "ä.txt", "x" * 3000, chr(34), chr(0)))}"'
    content = chance.choice(
        (b"{}", b'{"models":{"language":{}}}', b"What a lovely day.", b"", b"[", b"\xff\xfe", b"null")
    )
    odd = chance.choice(
        ("", "Content-Type: application/json\r\n", "X: " + "y" * 9000 + "\r\n", "no colon\r\n", "\0: 1\r\n")
    )
    return header.encode() + b"\r\n" + odd.encode() + b"\r\n" + content
