"""Hashed runs of characters."""

from collections import Counter

import numpy as np
import pytest

from mien.models.character_grams import FEATURES, MAX_CHARACTERS, feature_counts, gram_rows


def fnv1a(data: bytes) -> int:
    """Hash one run the slow way, straight from the definition."""
    value = 2166136261
    for byte in data:
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


@pytest.mark.parametrize("text", ["Ab", "Zażółć gęślą 😀", "日本語 です", "नमस्ते दुनिया"])
def test_features_are_the_hashes_of_all_runs_of_two_to_five_characters(text):
    plain = f" {text.lower()} "
    runs = [plain[at : at + size] for size in range(2, 6) for at in range(len(plain) - size + 1)]
    expected = Counter(1 + fnv1a(run.encode()) % (FEATURES - 1) for run in runs)

    features, counts = feature_counts(text)

    assert dict(zip(features.tolist(), counts.tolist(), strict=True)) == expected


def test_case_and_white_space_do_not_matter():
    assert feature_counts("  So\n\tGOOD ")[0].tolist() == feature_counts("so good")[0].tolist()


def test_an_empty_text_has_no_features():
    assert gram_rows([" \n"])["ids"].tolist() == [[0]]


def test_rows_are_padded_with_the_empty_feature():
    rows = gram_rows(["a", "a much longer one"])
    short = len(feature_counts("a")[0])
    assert rows["ids"].dtype == np.int64
    assert rows["counts"].dtype == np.float32
    assert not rows["ids"][0, short:].any()
    assert not rows["counts"][0, short:].any()


def test_only_the_end_of_a_long_text_is_read():
    tail = "b" * MAX_CHARACTERS
    assert feature_counts("a" * 10**6 + tail)[0].tolist() == feature_counts(tail)[0].tolist()
