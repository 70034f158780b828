"""Makes the graph of the text network small and fast: 8-bit products whose scales depend on no other text.

Each row of states (one word piece) is scaled by its own largest value, so a text scores the same beside any other.
Before that, every column is divided by a share of the largest value it reaches on sample texts, and the weights take
it up: a few columns are much larger than the rest and would leave no steps for them (Xiao et al. 2023, SmoothQuant).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

HEAVY = 100_000
"""Numbers from which on a weight is worth narrowing."""
WEIGHT_STEPS = 63
"""Weights are whole numbers within ±63: with states of 8 bits no processor's 16-bit sums of two can overflow."""
STATE_STEPS = 127
TABLE_STEPS = 127
SHARE = 0.6
"""How much of a column's size the weights take up; 0: all in the states, 1: all in the weights. Chosen on 600 texts."""
LEAST = 1e-6

Floats = NDArray[np.float32]
Feeds = Mapping[str, NDArray[np.int64]]


@dataclass
class Narrowed:
    """Gathers the nodes and constants of the graph that is being written."""

    nodes: list[onnx.NodeProto]
    constants: list[TensorProto]

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a constant and return its name."""
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        """Add a node and return the name of its output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def narrow(large: Path, small: Path, samples: Iterable[Feeds]) -> None:
    """Write the graph with its heavy products in 8-bit integers and its word table in 8 bits.

    `samples` are inputs with texts like those to come; the largest value of each column of states is taken from them.
    """
    model = onnx.load(large)
    graph = model.graph
    weights = {one.name: one for one in graph.initializer if int(np.prod(one.dims)) >= HEAVY}
    reach = column_reach(model, [node.input[0] for node in graph.node if _is_product(node, weights)], samples)
    out = Narrowed([], [])
    for node in graph.node:
        if _is_product(node, weights):
            _product(out, node, numpy_helper.to_array(weights[node.input[1]]), reach[node.input[0]])
        elif node.op_type == "Gather" and node.input[0] in weights:
            _table(out, node, numpy_helper.to_array(weights[node.input[0]]))
        else:
            out.nodes.append(node)
    used = {name for node in out.nodes for name in node.input}
    kept = [one for one in (*graph.initializer, *out.constants) if one.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(out.nodes)
    graph.initializer.extend(kept)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, small)


def column_reach(model: onnx.ModelProto, names: list[str], samples: Iterable[Feeds]) -> dict[str, Floats]:
    """Return for each named N x T x C value the largest size each of its C columns reaches on pieces of the samples."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    reach: dict[str, Floats] = {}
    for feeds in samples:
        real = feeds["attention_mask"] > 0
        for name, value in zip(names, session.run(names, dict(feeds)), strict=True):
            largest = np.abs(value[real]).max(axis=0)
            reach[name] = np.maximum(reach[name], largest) if name in reach else largest
    return reach


def _is_product(node: onnx.NodeProto, weights: Mapping[str, TensorProto]) -> bool:
    return node.op_type == "MatMul" and node.input[1] in weights


def _product(out: Narrowed, node: onnx.NodeProto, weight: Floats, reach: Floats) -> None:
    """Add states times weight, C x D, in integers: columns evened out, each row by its own scale."""
    name, answer = f"{node.output[0]}.", node.output[0]
    rows = np.maximum(np.abs(weight).max(axis=1), LEAST)
    evened = np.maximum(reach, 1e-3) ** SHARE / rows ** (1 - SHARE)
    evened = (evened / np.exp(np.log(evened).mean())).astype(np.float32)
    integers, scales = _integers(weight * evened[:, np.newaxis], WEIGHT_STEPS)
    even = out.node("Mul", [node.input[0], out.constant(f"{name}evening", 1 / evened)], f"{name}even")
    size = out.node("Abs", [even], f"{name}size")
    largest = out.node("ReduceMax", [size], f"{name}largest", axes=[-1], keepdims=1)
    step_size = out.constant(f"{name}share", np.float32(1 / STATE_STEPS).reshape(()))
    step = out.node("Mul", [largest, step_size], f"{name}step")
    ratio = out.node("Div", [even, step], f"{name}ratio")
    one = out.constant(f"{name}one", np.array(1, np.float32))
    zero = out.constant(f"{name}zero", np.array(128, np.uint8))
    whole = out.node("QuantizeLinear", [ratio, one, zero], f"{name}whole")
    sums = out.node("MatMulInteger", [whole, out.constant(f"{name}integers", integers), zero], f"{name}sums")
    wide = out.node("Cast", [sums], f"{name}wide", to=TensorProto.FLOAT)
    scaled = out.node("Mul", [wide, out.constant(f"{name}scales", scales)], f"{name}scaled")
    out.node("Mul", [scaled, step], answer)


def _table(out: Narrowed, node: onnx.NodeProto, table: Floats) -> None:
    """Add a look-up in a table of integers, widened by a scale per column."""
    name, answer = f"{node.output[0]}.", node.output[0]
    integers, scales = _integers(table, TABLE_STEPS)
    found = out.node("Gather", [out.constant(f"{name}integers", integers), node.input[1]], f"{name}found")
    wide = out.node("Cast", [found], f"{name}wide", to=TensorProto.FLOAT)
    out.node("Mul", [wide, out.constant(f"{name}scales", scales)], answer)


def _integers(values: Floats, steps: int) -> tuple[NDArray[np.int8], Floats]:
    """Return whole numbers within ±steps and the scale of each column."""
    scales = (np.maximum(np.abs(values).max(axis=0), 1e-9) / steps).astype(np.float32)
    return np.clip(np.rint(values / scales), -steps, steps).astype(np.int8), scales
