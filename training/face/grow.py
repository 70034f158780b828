"""Begins a larger network as one that computes what an exported smaller one does, and writes it as a checkpoint.

python -m training.face.grow --small build/face-small/exported/model.onnx --out build/face-grown

The exported graph has its normalisations folded into the convolutions. They are unfolded with the statistics of
training faces; rows of a normalised convolution are free in scale, so each gets the length of a fresh one. Added
blocks begin with nothing to add, added channels with no reader (after Chen et al. 2016, Net2Net).
"""

import argparse
import copy
import logging
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.face.data import DEFAULT_FOLDER, Faces, load_faces, network_input
from training.face.network import FaceExpressionNet, ServedNet
from training.face.train import CONFIG, DEFAULT_OUT, build_network, report
from training.shared.parity import check_parity, run_onnx
from training.shared.residual import Block
from training.shared.splits import Split

LENGTH = 0.5
"""Length of a row after unfolding, against that of a freshly drawn one."""

FACES = 2048
"""How many training faces the statistics are taken from."""

GROWN = CONFIG.with_name("config-grown.toml")

START = "start.pt"
"""What `blend` goes part of the way back to, beside `checkpoint.pt`, which `train` goes on from."""

Folded = tuple[Tensor, Tensor]
log = logging.getLogger(__name__)


def folded_convolutions(path: Path) -> tuple[list[Folded], Folded, float]:
    """Read weight and bias of every convolution in order, those of the last layer, and the factor on the logits."""
    graph = onnx.load(path).graph
    alias = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}
    stored = {entry.name: torch.from_numpy(numpy_helper.to_array(entry).copy()) for entry in graph.initializer}
    place = next(index for index, node in enumerate(graph.node) if node.op_type == "Gemm")
    layers = [node for node in graph.node[: place + 1] if node.op_type in ("Conv", "Gemm")]
    read = [[stored[alias.get(name, name)] for name in node.input[1:3]] for node in layers]
    factor = next(node for node in graph.node if node.op_type == "Constant" and node.output[0] in graph.node[-1].input)
    pairs = [(weight, bias) for weight, bias in read]
    return pairs[:-1], pairs[-1], 2 * float(numpy_helper.to_array(factor.attribute[0].t))


def layers_of(
    net: FaceExpressionNet, blocks: list[int], small: list[int]
) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Yield the convolutions that the smaller network has too, in the order of its graph; silence added blocks."""
    yield net.stem, net.stem_norm
    rest = iter(net.stages)
    for count, known in zip(blocks, small, strict=True):
        for place, block in zip(range(count), rest, strict=False):
            assert isinstance(block, Block)
            if place >= known:
                nn.init.zeros_(block.second_norm.weight)
                continue
            yield block.first, block.first_norm
            yield block.second, block.second_norm
            if len(block.shortcut) > 1:
                convolution, norm = block.shortcut[-2], block.shortcut[-1]
                assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
                yield convolution, norm


@torch.no_grad()
def unfold(convolution: nn.Conv2d, norm: nn.BatchNorm2d, folded: Folded) -> None:
    """Write a folded convolution into a convolution and its normalisation; the statistics are still to be settled."""
    weight, bias = folded
    outward, inward = weight.shape[:2]
    usual = convolution.weight.flatten(1).norm(dim=1).mean() * LENGTH
    convolution.weight.mul_(LENGTH)
    convolution.weight[:outward, inward:] = 0
    lengths = weight.flatten(1).norm(dim=1).clamp_min(1e-6)
    convolution.weight[:outward, :inward] = weight * (usual / lengths)[:, None, None, None]
    norm.weight[:outward] = lengths / usual
    norm.bias[:outward] = bias


@torch.no_grad()
def settle(convolution: nn.Conv2d, norm: nn.BatchNorm2d, seen: Tensor, known: int) -> None:
    """Take the statistics of what a convolution gives for `seen`, changing nothing in the first `known` channels."""
    variance, mean = torch.var_mean(convolution(seen), dim=(0, 2, 3))
    norm.running_mean = mean
    norm.running_var = variance
    deviation = (variance + norm.eps).sqrt()
    norm.bias[:known] += norm.weight[:known] * mean[:known]
    norm.weight[:known] *= deviation[:known]


def grow(config: Mapping[str, Any], small: Path, small_blocks: list[int], faces: Faces) -> FaceExpressionNet:
    """Return the larger network of the settings; raise `ParityError` if it does not compute what the smaller does."""
    torch.manual_seed(config["training"]["seed"])
    net = build_network(config["network"]).eval()
    convolutions, (weight, bias), factor = folded_convolutions(small)
    pairs = list(layers_of(net, config["network"]["blocks"], small_blocks))
    images = network_input(faces.pixels[torch.linspace(0, len(faces) - 1, FACES).long()])
    for (convolution, norm), folded in zip(pairs, convolutions, strict=True):
        unfold(convolution, norm, folded)
        seen: list[Tensor] = []
        hook = convolution.register_forward_pre_hook(lambda _, given, seen=seen: seen.append(given[0]))
        with torch.no_grad():
            net(images)
        hook.remove()
        settle(convolution, norm, seen[0], len(folded[0]))
    with torch.no_grad():
        net.readout.weight.zero_()
        net.readout.weight[:, : weight.shape[1]] = weight
        net.readout.bias.copy_(bias)
        check_parity(run_onnx(small, images.numpy()), ServedNet(net, 1 / factor).eval()(images).numpy())
    return net


def main() -> None:
    """Read the command line, grow, and leave the checkpoint twice: for `train` and for `blend`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for checkpoint.pt")
    parser.add_argument("--config", type=Path, default=GROWN, help="settings of the larger network")
    parser.add_argument("--small", type=Path, required=True, help="the smaller network's model.onnx")
    parser.add_argument("--small-blocks", type=int, nargs="+", default=[2, 2, 1, 1], help="its blocks per stage")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = tomllib.loads(options.config.read_text())
    net = grow(config, options.small, options.small_blocks, load_faces(options.data, Split.TRAIN))
    log.info("begins with %s", report(net, load_faces(options.data, Split.VALIDATION)))
    options.out.mkdir(parents=True, exist_ok=True)
    state = {"net": net.state_dict(), "average": copy.deepcopy(net.state_dict()), "epoch": 0, "seconds": 0.0}
    for name in (START, "checkpoint.pt"):
        torch.save({**state, "config": dict(config)}, options.out / name)


if __name__ == "__main__":
    main()
