"""PyTorch checkpoints of the format before 1.6, written by hand: no PyTorch is needed, and any name can be put in."""

import pickle
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
FLOATS = b"ctorch\nFloatStorage\n"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def checkpoint(
    tensors: Mapping[str, NDArray[np.float32]],
    rebuild: bytes = REBUILD,
    kind: bytes = FLOATS,
    magic: int = MAGIC,
) -> bytes:
    """Write tensors, a storage each, under `model_state`; `rebuild` and `kind` are what the pickle calls and names."""
    parts = [_tensor(str(number), array, rebuild, kind) for number, array in enumerate(tensors.values())]
    pairs = b"".join(_text(name) + part for name, part in zip(tensors, parts, strict=True))
    content = b"\x80\x02}(" + _text("model_state") + b"}(" + pairs + b"uu."
    head = [magic, 1001, {"protocol_version": 1001, "little_endian": True}]
    names = pickle.dumps([str(number) for number in range(len(tensors))], 2)
    storages = [struct.pack("<q", array.size) + array.astype("<f4").tobytes() for array in tensors.values()]
    return b"".join([*(pickle.dumps(one, 2) for one in head), content, names, *storages])


def _tensor(key: str, array: NDArray[np.float32], rebuild: bytes, kind: bytes) -> bytes:
    storage = b"(" + _text("storage") + kind + _text(key) + _text("cpu") + _whole(array.size) + b"NtQ"
    strides = tuple(stride // array.itemsize for stride in array.strides)
    return rebuild + b"(" + storage + _whole(0) + _tuple(array.shape) + _tuple(strides) + b"\x89NtR"


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def _whole(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _tuple(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(_whole(value) for value in values) + b"t"
