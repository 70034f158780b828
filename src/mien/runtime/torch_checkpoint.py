"""Read the tensors of a PyTorch checkpoint, in the format before PyTorch 1.6, without PyTorch and without running it.

Such a file is a row of pickles (a magic number, a version, a note on the machine, the content, the names of the
storages) and then each storage: how many numbers, and the numbers. A pickle may call whatever it names, so only the
three names that tensors consist of are known here; anything else in the file makes it unreadable.
"""

import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np

from mien.domain.network import Floats

MAGIC: Final = 0x1950A86A20F9469CFC6C
PROTOCOL: Final = 1001
FLOAT_BYTES: Final = 4


@dataclass(frozen=True)
class StoredTensor:
    """Say where a tensor lies: in which storage, from which number on, and its shape."""

    storage: str
    first: int
    shape: tuple[int, ...]


def state_of(content: bytes, name: str) -> dict[str, Floats]:
    """Return the tensors that a checkpoint keeps under one name, all of them 32-bit floats, by their own names.

    Raises ValueError when the content is no such checkpoint, or holds more than tensors.
    """
    stream = BytesIO(content)
    try:
        if _load(stream) != MAGIC or _load(stream) != PROTOCOL or not _load(stream).get("little_endian"):
            raise ValueError("the file is no PyTorch checkpoint of the format before 1.6")
        kept = _load(stream)[name]
        storages = {key: _numbers(stream) for key in _load(stream)}
        return {key: _tensor(told, storages) for key, told in kept.items()}
    except (pickle.UnpicklingError, EOFError, struct.error, AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"the checkpoint cannot be read: {error}") from error


class _OnlyTensors(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module, name))
        if known is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no tensor consists of")
        return known

    def persistent_load(self, told: Any) -> str:
        kind, numbers, key = told[:3]
        if kind != "storage" or numbers is not _storage:
            raise pickle.UnpicklingError("it refers to something that is no storage of 32-bit floats")
        return str(key)


def _storage(*_parts: Any) -> None:
    raise pickle.UnpicklingError("a storage is named, never made")


def _rebuilt(storage: str, first: int, shape: Sequence[int], strides: Sequence[int], *_rest: Any) -> StoredTensor:
    if tuple(strides) != tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape))):
        raise pickle.UnpicklingError("a tensor does not lie in one piece")
    return StoredTensor(storage, first, tuple(shape))


_KNOWN: Final[Mapping[tuple[str, str], Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
    ("torch", "FloatStorage"): _storage,
}


def _load(stream: BytesIO) -> Any:
    return _OnlyTensors(stream).load()


def _numbers(stream: BytesIO) -> Floats:
    (count,) = struct.unpack("<q", stream.read(8))
    content = stream.read(FLOAT_BYTES * count)
    if count < 0 or len(content) != FLOAT_BYTES * count:
        raise EOFError("a storage is cut off")
    return np.frombuffer(content, "<f4").astype(np.float32)


def _tensor(told: StoredTensor, storages: Mapping[str, Floats]) -> Floats:
    numbers = storages[told.storage]
    size = math.prod(told.shape)
    if told.first < 0 or told.first + size > numbers.size:
        raise IndexError("a tensor lies outside its storage")
    return numbers[told.first : told.first + size].reshape(told.shape)
