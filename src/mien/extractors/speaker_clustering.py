"""Gather voice prints into speakers: how many there are, and what each sounds like.

Average-linkage clustering of cosines, as S. Shum et al. ("Unsupervised Methods for Speaker Diarization", 2013) and
most systems since start with; chains of nearest neighbours make it quadratic (F. Murtagh, "A Survey of Recent Advances
in Hierarchical Clustering Algorithms", 1983).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats

Labels = NDArray[np.intp]
NEVER: Final = -np.inf


def merges(vectors: Floats) -> list[tuple[int, int, float]]:
    """Return how vectors of length 1 join, the most alike first: which two clusters, and the mean cosine between them.

    A cluster is called by its lowest row.
    """
    count = len(vectors)
    alike = (vectors @ vectors.T).astype(np.float32)
    np.fill_diagonal(alike, NEVER)
    sizes = np.ones(count)
    alive = np.ones(count, bool)
    joined: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(joined) < count - 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        row = alike[chain[-1]]
        nearest = int(np.argmax(row))
        if len(chain) > 1 and row[chain[-2]] >= row[nearest]:
            nearest = chain[-2]
        if len(chain) < 2 or nearest != chain[-2]:
            chain.append(nearest)
            continue
        first, second = sorted((chain.pop(), chain.pop()))
        joined.append((first, second, float(alike[first, second])))
        together = (sizes[first] * alike[first] + sizes[second] * alike[second]) / (sizes[first] + sizes[second])
        together[[first, second]] = NEVER
        alike[first], alike[:, first] = together, together
        alike[second], alike[:, second] = NEVER, NEVER
        alive[second] = False
        sizes[first] += sizes[second]
    return sorted(joined, key=lambda join: -join[2])


def cut(joined: list[tuple[int, int, float]], count: int, threshold: float, most: int) -> Labels:
    """Return the cluster of each of `count` rows, joined down to the threshold and further until `most` are left."""
    parent = np.arange(count)

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    left = count
    for first, second, cosine in joined:
        if cosine < threshold and left <= most:
            break
        parent[root(second)] = root(first)
        left -= 1
    return np.unique([root(row) for row in range(count)], return_inverse=True)[1]


def centroids(vectors: Floats, labels: Labels, weights: Floats | None = None) -> Floats:
    """Return the mean direction of each cluster, a row of length 1 each."""
    shares = np.zeros((int(labels.max()) + 1, len(vectors)), np.float32)
    shares[labels, np.arange(len(vectors))] = 1.0 if weights is None else weights
    return unit(shares @ vectors)


def unit(vectors: Floats) -> Floats:
    """Return rows at length 1."""
    scaled: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return scaled
