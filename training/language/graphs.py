"""Graphs of the text network: written, made small, and read with the preprocessing that serves them."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.extractors.entity_spans import entities
from mien.tokenization.tokens import Inputs, Tokeniser, length_sorted, windows
from training.language.served import ServedNet

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "shape_ids")
OUTPUTS = ("emotions", "sentiment", "toxicity", "tags", "focus", "goemotions")
PER_PIECE = ("tags", "focus")
ROWS = 16
HEAVY = 100_000
"""Numbers from which on a weight is worth narrowing."""

Floats = NDArray[np.float32]
Spans = list[tuple[int, int, str]]


def write_graph(served: ServedNet, path: Path) -> None:
    """Export the served network with free numbers of texts and pieces, and check the file."""
    example = torch.ones(2, 5, dtype=torch.int64)
    axes = {name: {0: "texts", 1: "pieces"} for name in (*INPUTS, *PER_PIECE)}
    axes |= {name: {0: "texts"} for name in OUTPUTS if name not in PER_PIECE}
    torch.onnx.export(
        served.eval(),
        (example, example, example),
        path,
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)


def quantise(large: Path, small: Path) -> None:
    """Keep the weights of the encoder's products and the word table as 8-bit integers, a scale per column.

    Only the weights: they are widened again when the graph is loaded. Products of 8-bit activations would be twice as
    fast, but they share one scale per batch, and a text must not score differently beside other texts.
    """
    model = onnx.load(large)
    graph = model.graph
    constants = {one.name: one for one in graph.initializer if one.data_type == TensorProto.FLOAT}
    heavy = {name for name, one in constants.items() if int(np.prod(one.dims)) >= HEAVY}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        place = {"MatMul": 1, "Gather": 0}.get(node.op_type, -1)
        weight = node.input[place] if place >= 0 else ""
        if weight not in heavy:
            nodes.append(node)
            continue
        nodes += _narrowed(graph, constants[weight], node, place)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, small)


def _narrowed(graph: onnx.GraphProto, weight: TensorProto, node: onnx.NodeProto, place: int) -> list[onnx.NodeProto]:
    """Replace a weight by integers and scales; return the node with what widens its weight, or its answer."""
    values = numpy_helper.to_array(weight)
    scales = np.maximum(np.abs(values).max(axis=0), 1e-9).astype(np.float32) / 127
    integers, factors = f"{weight.name}.integers", f"{weight.name}.scales"
    narrow = np.clip(np.rint(values / scales), -127, 127).astype(np.int8)
    graph.initializer.remove(weight)
    graph.initializer.extend([numpy_helper.from_array(narrow, integers), numpy_helper.from_array(scales, factors)])
    if node.op_type == "Gather":
        answer = node.output[0]
        node.input[place], node.output[0] = integers, f"{answer}.integers"
        return [node, *_widening(node.output[0], factors, answer)]
    node.input[place] = f"{weight.name}.wide"
    return [*_widening(integers, factors, node.input[place]), node]


def _widening(integers: str, factors: str, answer: str) -> list[onnx.NodeProto]:
    cast = helper.make_node("Cast", [integers], [f"{answer}.cast"], to=TensorProto.FLOAT)
    return [cast, helper.make_node("Mul", [f"{answer}.cast", factors], [answer])]


class GraphReader:
    """Reads texts with a graph as the served models do: long ones by windows, their mean or, for toxicity, largest."""

    def __init__(self, path: Path, tokeniser: Tokeniser, threads: int = 1) -> None:
        """Load a graph."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._tokeniser = tokeniser

    def run(self, inputs: Inputs, outputs: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs asked for; the others are not computed."""
        return dict(zip(outputs, self._session.run(list(outputs), inputs), strict=True))

    def scores(self, texts: Sequence[str], output: str) -> Floats:
        """Return a row per text of an output that has one."""
        cut = [windows(self._tokeniser.pieces(text)) for text in texts]
        flat = [row for some in cut for row in some]
        found: Floats | None = None
        for places in length_sorted([len(row) for row in flat], ROWS):
            answer = self.run(self._tokeniser.rows([flat[place] for place in places]), [output])[output]
            found = np.zeros((len(flat), answer.shape[1]), np.float32) if found is None else found
            found[places] = answer
        if found is None:
            raise ValueError("there are no texts to score")
        edges = np.cumsum([0, *(len(some) for some in cut)])
        gather = np.max if output == "toxicity" else np.mean
        return np.stack([gather(found[a:b], axis=0) for a, b in pairwise(edges)])

    def entities(self, texts: Sequence[str]) -> list[Spans]:
        """Return the named entities of each text, joined as the served extractor joins them: begin, end, kind."""
        pieces = [self._tokeniser.pieces(text)[:94] for text in texts]
        found: list[Spans] = [[] for _ in texts]
        for places in length_sorted([len(row) for row in pieces], ROWS):
            tags = self.run(self._tokeniser.rows([pieces[place] for place in places]), ["tags"])["tags"]
            for place, row in zip(places, tags, strict=True):
                marked = entities(texts[place], pieces[place].spans, row[1 : len(pieces[place]) + 1])
                found[place] = [(*entity.place, entity.kind) for entity in marked]
        return found
