"""Read and write ONNX files as protocol-buffer messages: just enough to build and to change a graph at set-up.

The `onnx` package is twenty times the size of what is needed here. Field numbers are those of onnx.proto (ONNX 1.x).
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

VARINT: Final = 0
FIXED_64: Final = 1
BYTES: Final = 2
FIXED_32: Final = 5
FLOAT: Final = 1
INT_64: Final = 7
MODEL_GRAPH: Final = 7
GRAPH_INPUT: Final = 11
GRAPH_OUTPUT: Final = 12

Value = int | bytes
Dimensions = Sequence[int | str]


def message(*fields: tuple[int, Value | str | float]) -> bytes:
    """Write fields (number, value) as a message; a float becomes 32 bits, text becomes UTF-8."""
    return b"".join(_field(number, value) for number, value in fields)


def _field(number: int, value: Value | str | float) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | VARINT) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | FIXED_32) + struct.pack("<f", value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def fields(content: bytes) -> Iterator[tuple[int, Value]]:
    """Yield the fields of a message in order. Raises ValueError when it is cut off or of another making."""
    place = 0
    while place < len(content):
        key, place = _read_varint(content, place)
        kind = key & 7
        if kind == VARINT:
            value, place = _read_varint(content, place)
            yield key >> 3, value
            continue
        if kind != BYTES:
            raise ValueError(f"fields of kind {kind} are not read here")
        length, place = _read_varint(content, place)
        if place + length > len(content):
            raise ValueError("the message is cut off")
        yield key >> 3, content[place : place + length]
        place += length


def _read_varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(content):
            raise ValueError("the message is cut off")
        value |= (content[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if not content[place - 1] & 0x80:
            return value, place


def model(graph: bytes, opset: int) -> bytes:
    """Write a whole file around a graph."""
    return message((1, 8), (2, "mien"), (MODEL_GRAPH, graph), (8, message((1, ""), (2, opset))))


def node(
    operation: str, inputs: Sequence[str], output: str | Sequence[str], **attributes: int | Sequence[int]
) -> bytes:
    """Write one operation with attributes that are whole numbers or lists of them."""
    names = [(1, name) for name in inputs]
    made = [(2, name) for name in ([output] if isinstance(output, str) else output)]
    told = [(5, _attribute(name, value)) for name, value in attributes.items()]
    return message(*names, *made, (4, operation), *told)


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return message((1, name), (3, value), (20, 2))
    return message((1, name), *((8, one) for one in value), (20, 7))


def tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    """Write a constant of 32-bit floats or 64-bit whole numbers."""
    kind = FLOAT if values.dtype == np.float32 else INT_64
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return message(*((1, size) for size in values.shape), (2, kind), (8, name), (9, little.tobytes()))


def floats_of(name: str, dimensions: Dimensions) -> bytes:
    """Write what an input or output is: floats in these dimensions, those with a name of any size."""
    shape = message(*((1, message((1 if isinstance(one, int) else 2, one))) for one in dimensions))
    return message((1, name), (2, message((1, message((1, FLOAT), (2, shape))))))


def with_dimensions(content: bytes, inputs: Mapping[str, Dimensions], outputs: Mapping[str, Dimensions]) -> bytes:
    """Return an ONNX file whose named inputs and outputs have other dimensions. Raises ValueError without a graph."""
    parts = list(fields(content))
    if MODEL_GRAPH not in dict(parts):
        raise ValueError("the file holds no graph")
    wanted = {GRAPH_INPUT: inputs, GRAPH_OUTPUT: outputs}
    return message(*((number, _changed(value, wanted) if number == MODEL_GRAPH else value) for number, value in parts))


def _changed(graph: Value, wanted: Mapping[int, Mapping[str, Dimensions]]) -> bytes:
    assert isinstance(graph, bytes)
    return message(*((number, _told(value, wanted.get(number, {}))) for number, value in fields(graph)))


def _told(value: Value, dimensions: Mapping[str, Dimensions]) -> Value:
    if not dimensions or not isinstance(value, bytes):
        return value
    name = dict(fields(value))[1]
    assert isinstance(name, bytes)
    return floats_of(name.decode(), dimensions[name.decode()]) if name.decode() in dimensions else value
