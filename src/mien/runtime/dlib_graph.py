"""Turn dlib's face recognition network, a file of dlib's own format, into an ONNX file.

The network is ResNet-34 with half the filters (D. King, dlib-models, `dlib_face_recognition_resnet_model_v1.dat`,
public domain). Its file holds the layers in the order they run; only their weights are read, the arrangement is known.
What a channel is scaled and shifted by after a convolution is multiplied into the convolution.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.runtime.onnx_graph import floats_of, message, model, node, tensor

SIDE: Final = 150
EMBEDDING: Final = 128
MEAN: Final = (122.782, 117.001, 104.298)
"""What the network takes off red, green and blue before it divides by 256."""

BLOCKS: Final = ((32, False),) * 3 + (
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)
"""Channels of each residual block, and whether it halves the picture; after the first layer."""

FIRST_CHANNELS: Final = 32
OPSET: Final = 13


def dlib_to_onnx(content: bytes) -> bytes:
    """Return the ONNX file: `chips`, N x 3 x 150 x 150 RGB of 0…255, to `embeddings`, N x 128.

    Raises ValueError when the content is not that network.
    """
    layers = _convolutions(content)
    graph = _Graph()
    weights, shift = next(layers)
    now = graph.relu(graph.convolution("chips", weights / np.float32(256), _less_mean(weights, shift), stride=2))
    now = graph.add("MaxPool", [now], kernel_shape=[3, 3], strides=[2, 2])
    size = ((SIDE - 7) // 2 + 1 - 3) // 2 + 1
    for _channels, halves in BLOCKS:
        now, size = _block(graph, now, size, halves, layers)
    now = graph.add("GlobalAveragePool", [now])
    now = graph.add("Flatten", [now], axis=1)
    graph.nodes.append(node("MatMul", [now, graph.constant(_last_layer(content))], "embeddings"))
    return graph.file()


def _less_mean(weights: Floats, shift: Floats) -> Floats:
    """Return the first layer's shifts with the mean colour in them, summed exactly: the file's checksum is known."""
    colours = weights.astype(np.float64).reshape(len(weights), 3, -1) * (np.asarray(MEAN)[:, None] / 256)
    return np.array([shift[row] - math.fsum(colours[row].ravel()) for row in range(len(weights))], np.float32)


@dataclass
class _Graph:
    """Gather nodes and constants; each node's output is named by its number."""

    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def add(self, operation: str, inputs: list[str], **attributes: int | list[int]) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(node(operation, inputs, name, **attributes))
        return name

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(tensor(name, values))
        return name

    def relu(self, name: str) -> str:
        return self.add("Relu", [name])

    def convolution(self, name: str, weights: Floats, shift: Floats, stride: int) -> str:
        side = weights.shape[-1]
        around = 0 if stride > 1 else side // 2
        inputs = [name, self.constant(weights), self.constant(shift.astype(np.float32))]
        return self.add("Conv", inputs, kernel_shape=[side] * 2, strides=[stride] * 2, pads=[around] * 4)

    def grown(self, name: str, channels: int, pixels: int) -> str:
        """Add zeros behind the channels and below and right of the picture."""
        if not channels and not pixels:
            return name
        return self.add("Pad", [name, self.constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64))])

    def file(self) -> bytes:
        nodes, constants = [(1, one) for one in self.nodes], [(5, one) for one in self.constants]
        given = (11, floats_of("chips", ("batch", 3, SIDE, SIDE)))
        graph = message(*nodes, (2, "face-identity"), *constants, given, (12, floats_of("embeddings", ("batch", 128))))
        return model(graph, OPSET)


def _block(
    graph: _Graph, before: str, size: int, halves: bool, layers: Iterator[tuple[Floats, Floats]]
) -> tuple[str, int]:
    """Add one residual block; return its output and the side of its pictures."""
    first, second = next(layers), next(layers)
    inner = graph.relu(graph.convolution(before, *first, stride=2 if halves else 1))
    after = graph.convolution(inner, *second, stride=1)
    if not halves:
        return graph.relu(graph.add("Add", [after, before])), size
    convolved, pooled = (size - 3) // 2 + 1, (size - 2) // 2 + 1
    aside = graph.add("AveragePool", [before], kernel_shape=[2, 2], strides=[2, 2])
    aside = graph.grown(aside, first[0].shape[0] - first[0].shape[1], max(0, convolved - pooled))
    after = graph.grown(after, 0, max(0, pooled - convolved))
    return graph.relu(graph.add("Add", [after, aside])), max(convolved, pooled)


def _convolutions(content: bytes) -> Iterator[tuple[Floats, Floats]]:
    """Yield filters, out x in x side x side, and shifts of each convolution, the scale after it multiplied in."""
    place, before = 0, 3
    outputs = [FIRST_CHANNELS, *(channels for channels, _halves in BLOCKS for _layer in range(2))]
    for number, channels in enumerate(outputs):
        side = 3 if number else 7
        kept, place = _tensor(content, b"\x05con_4", place)
        scale, place = _tensor(content, b"\x07affine_", place)
        if kept.size != channels * (before * side * side + 1) or scale.size != 2 * channels:
            raise ValueError(f"layer {number + 1} is not the one of dlib's face recognition network")
        weights = kept[:-channels].reshape(channels, before, side, side) * scale[:channels, None, None, None]
        yield weights, kept[-channels:] * scale[:channels] + scale[channels:]
        before = channels


def _last_layer(content: bytes) -> Floats:
    place = content.find(b"\x04fc_2")
    if place < 0:
        raise ValueError("the last layer is missing")
    _outputs, place = _whole_number(content, place + 5)
    _inputs, place = _whole_number(content, place)
    weights, _place = _tensor_at(content, place)
    return weights.reshape(-1, EMBEDDING)


def _tensor(content: bytes, mark: bytes, place: int) -> tuple[Floats, int]:
    found = content.find(mark, place)
    if found < 0:
        raise ValueError(f"no layer {mark[1:].decode()} is left")
    return _tensor_at(content, found + len(mark))


def _tensor_at(content: bytes, place: int) -> tuple[Floats, int]:
    """Read dlib's tensor, version 2: four sizes, then 32-bit floats."""
    version, place = _whole_number(content, place)
    count = 1
    for _axis in range(4):
        size, place = _whole_number(content, place)
        count *= size
    if version != 2 or place + 4 * count > len(content):
        raise ValueError("the weights are cut off or of another version")
    return np.frombuffer(content, "<f4", count, place).astype(np.float32), place + 4 * count


def _whole_number(content: bytes, place: int) -> tuple[int, int]:
    """Read dlib's whole number: how many bytes, then these, the lowest first."""
    if place >= len(content):
        raise ValueError("the file is cut off")
    length = content[place] & 0x0F
    return int.from_bytes(content[place + 1 : place + 1 + length], "little"), place + 1 + length
