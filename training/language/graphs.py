"""Graphs of the text network: written, and read with the preprocessing that serves them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from mien.extractors.entity_spans import entities
from mien.tokenization.tokens import Inputs, Tokeniser, length_sorted, windows
from training.language.served import ServedNet

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "shape_ids")
OUTPUTS = ("emotions", "sentiment", "toxicity", "tags", "focus", "goemotions")
PER_PIECE = ("tags", "focus")
ROWS = 16

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


def feeds(texts: Sequence[str], tokeniser: Tokeniser) -> Iterator[Inputs]:
    """Yield the inputs for texts, the first pieces of each, batched by length."""
    pieces = [tokeniser.pieces(text)[:94] for text in texts]
    for places in length_sorted([len(row) for row in pieces], ROWS):
        yield tokeniser.rows([pieces[place] for place in places])


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
