"""The text network: a six-layer encoder, label-wise attention for four groups of labels, and entity tags per piece."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from mien.tokenization.tokens import SHAPES

WIDTH, INNER, LAYERS, ATTENTION_HEADS, VOCABULARY, PLACES = 384, 1536, 6, 12, 30_522, 512
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")
GROUPS: Mapping[str, int] = {"emotions": 53, "goemotions": 28, "sentiment": 9, "toxicity": 6}
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
START_SCALE = 16.0  # how steep the emotion scores are in the cosine to a label's centroid, before training
START_BIAS = -3.0


@dataclass(frozen=True)
class Readings:
    """Holds what the network reads from a batch of N texts of T pieces."""

    logits: Mapping[str, Tensor]  # group to N x labels
    attention: Tensor  # N x T x labels of all groups: where each label looked
    hidden: Tensor  # N x T x 384


class Layer(nn.Module):
    """One transformer layer, normalised after each of its two sums, written without fused operators."""

    def __init__(self, dropout: float) -> None:
        """Set up the layer with random weights."""
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.inward, self.outward = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.attention_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.widen, self.narrow = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, hidden: Tensor, veto: Tensor) -> Tensor:
        """Return N x T x 384; `veto`, N x 1 x 1 x T, is added to the attention scores."""
        rows, pieces = hidden.shape[0], hidden.shape[1]
        shaped = self.inward(hidden).view(rows, pieces, 3, ATTENTION_HEADS, -1).permute(2, 0, 3, 1, 4)
        query, key, value = shaped[0], shaped[1], shaped[2]
        scores = query @ key.transpose(2, 3) / math.sqrt(WIDTH // ATTENTION_HEADS) + veto
        mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(rows, pieces, WIDTH)
        hidden = self.attention_norm(hidden + self.dropout(self.outward(mixed)))
        inner = self.narrow(functional.gelu(self.widen(hidden)))
        result: Tensor = self.output_norm(hidden + self.dropout(inner))
        return result


class Encoder(nn.Module):
    """The encoder of MiniLM; the letter case of words joins before the first layer that is trained."""

    def __init__(self, frozen_layers: int, dropout: float) -> None:
        """Set up the encoder; embeddings and the first layers take no gradient."""
        super().__init__()
        self.words, self.places = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(PLACES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer(0.0 if number < frozen_layers else dropout) for number in range(LAYERS))
        self.shapes = nn.Embedding(SHAPES, WIDTH)
        nn.init.zeros_(self.shapes.weight)
        self.frozen_layers = frozen_layers
        frozen: list[nn.Module] = [self.words, self.places, self.norm, *self.layers[:frozen_layers]]
        for module in frozen:
            module.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor, shapes: Tensor) -> Tensor:
        """Return the states of all pieces, N x T x 384, from three N x T integer tensors."""
        veto = ((1 - mask[:, None, None, :]) * -1e4).to(torch.float32)
        hidden: Tensor = self.norm(self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device)))
        for layer in self.layers[: self.frozen_layers]:
            hidden = layer(hidden, veto)
        hidden = hidden + self.shapes(shapes)
        for layer in self.layers[self.frozen_layers :]:
            hidden = layer(hidden, veto)
        return hidden


class LanguageNet(nn.Module):
    """Reads all groups of labels from one pass; tags are a separate call, for they cost extra."""

    def __init__(self, frozen_layers: int, dropout: float) -> None:
        """Set up with random weights; `load_base` fills the encoder."""
        super().__init__()
        self.encoder = Encoder(frozen_layers, dropout)
        labels = sum(GROUPS.values())
        self.queries = nn.Parameter(torch.zeros(labels, WIDTH))
        self.weights = nn.Parameter(torch.randn(labels, WIDTH) * 0.3)
        self.biases = nn.Parameter(torch.zeros(labels))
        self.tagger = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, len(TAGS)))
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor, mask: Tensor, shapes: Tensor) -> Readings:
        """Let every label gather the pieces it looks at, and score what it gathered."""
        hidden = self.dropout(self.encoder(ids, mask, shapes).float())
        looks = hidden @ self.queries.T / math.sqrt(WIDTH) + ((1 - mask[:, :, None]) * -1e4)
        attention = looks.softmax(dim=1)
        gathered = functional.normalize(attention.transpose(1, 2) @ hidden, dim=2)
        scores = (gathered * self.weights).sum(dim=2) + self.biases
        parts = torch.split(scores, list(GROUPS.values()), dim=1)
        return Readings(dict(zip(GROUPS, parts, strict=True)), attention, hidden)

    def tags(self, hidden: Tensor) -> Tensor:
        """Return logits over `TAGS` for every piece, N x T x 9."""
        logits: Tensor = self.tagger(hidden)
        return logits

    @torch.no_grad()
    def start_emotions(self, centroids: Tensor) -> None:
        """Let each emotion start as the cosine to the mean vector of its own examples, 53 x 384."""
        mean = centroids.mean(dim=0)
        directions = functional.normalize(centroids - mean, dim=1) * START_SCALE
        self.weights[: len(centroids)] = directions
        self.biases[: len(centroids)] = START_BIAS - directions @ mean


def load_base(net: LanguageNet, path: Path) -> None:
    """Fill the encoder from the safetensors file of the base (BERT naming); raise ValueError for another file."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != BASE_SHA256:
        raise ValueError(f"{path.name} is not the base these settings were chosen for")
    stored = load_file(path)
    own = {
        "words.weight": stored["embeddings.word_embeddings.weight"],
        # One sentence a row: the first of the two token types is always added, so it joins the places.
        "places.weight": stored["embeddings.position_embeddings.weight"]
        + stored["embeddings.token_type_embeddings.weight"][:1],
        "norm.weight": stored["embeddings.LayerNorm.weight"],
        "norm.bias": stored["embeddings.LayerNorm.bias"],
        "shapes.weight": torch.zeros(SHAPES, WIDTH),
    }
    for number in range(LAYERS):
        own |= {f"layers.{number}.{name}": value for name, value in _layer(stored, number).items()}
    net.encoder.load_state_dict(own)


@torch.no_grad()
def lean_to_base(net: LanguageNet, base: Path, share: float) -> None:
    """Move the encoder's weights a share of the way back to the base's; heads and letter case stay."""
    start = LanguageNet(net.encoder.frozen_layers, 0.0)
    load_base(start, base / "model.safetensors")
    for name, value in start.encoder.state_dict().items():
        if not name.startswith("shapes"):
            net.encoder.state_dict()[name].lerp_(value, share)


def _layer(stored: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    base = f"encoder.layer.{number}."
    renamed = {
        "outward": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "widen": "intermediate.dense",
        "narrow": "output.dense",
        "output_norm": "output.LayerNorm",
    }
    layer: dict[str, Tensor] = {}
    for kind in ("weight", "bias"):
        layer |= {f"{ours}.{kind}": stored[f"{base}{theirs}.{kind}"] for ours, theirs in renamed.items()}
        parts = [stored[f"{base}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
        layer[f"inward.{kind}"] = torch.cat(parts)
    return layer
