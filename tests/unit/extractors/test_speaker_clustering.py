"""Clusters of directions."""

import numpy as np

from mien.extractors.speaker_clustering import centroids, cut, merges, unit


def directions(*groups: tuple[int, int], noise: float = 0.1) -> np.ndarray:
    random = np.random.default_rng(1)
    rows = [np.eye(8)[axis] + random.normal(0, noise, 8) for axis, count in groups for _one in range(count)]
    return unit(np.array(rows, np.float32))


def test_what_points_the_same_way_is_joined_first() -> None:
    vectors = directions((0, 5), (1, 3), (2, 4))

    labels = cut(merges(vectors), 12, np.inf, 3)

    assert [len(set(labels[part].tolist())) for part in (slice(0, 5), slice(5, 8), slice(8, 12))] == [1, 1, 1]
    assert len(set(labels.tolist())) == 3


def test_joining_stops_at_the_threshold_unless_there_are_too_many() -> None:
    joined = merges(directions((0, 3), (1, 3), (2, 3)))

    assert cut(joined, 9, 0.5, 9).max() == 2
    assert cut(joined, 9, 0.5, 2).max() == 1


def test_merges_are_those_of_average_linkage_worked_out_naively() -> None:
    vectors = unit(np.random.default_rng(2).normal(size=(20, 5)).astype(np.float32))
    clusters, naive = [[row] for row in range(20)], []
    while len(clusters) > 1:
        pairs = [(i, j) for i in range(len(clusters)) for j in range(i)]
        alike = [float((vectors[clusters[i]] @ vectors[clusters[j]].T).mean()) for i, j in pairs]
        naive.append(max(alike))
        i, j = pairs[int(np.argmax(alike))]
        clusters[j] += clusters.pop(i)

    assert np.allclose([cosine for _first, _second, cosine in merges(vectors)], naive, atol=1e-5)


def test_a_centroid_points_where_its_cluster_does() -> None:
    assert np.allclose(centroids(np.eye(4, dtype=np.float32), np.array([0, 0, 1, 1]))[0], [0.5**0.5, 0.5**0.5, 0, 0])
