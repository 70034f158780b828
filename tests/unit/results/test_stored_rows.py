import io
import json
import tracemalloc
from functools import partial

import pyarrow.parquet as parquet
import pytest

from mien.domain.errors import MienError
from mien.results import stored_rows as room
from mien.results.frames import write_parquet
from mien.results.stored_rows import stored_rows, write_stored_tables
from mien.results.walking import tables_of
from tests.unit.results.test_walking import FACE, GONE, WORD, an_element

TEXT = WORD | {"time": None, "text": 'a "quoted" {word} [ü]\\'}


def openers(*elements: dict) -> list:
    return [partial(io.BytesIO, json.dumps(element).encode()) for element in elements]


@pytest.mark.parametrize("chunk", [1, 7, 64, 10**6])
def test_rows_are_those_of_the_whole_array_however_the_bytes_come(monkeypatch, chunk):
    monkeypatch.setattr(room, "CHUNK_BYTES", chunk)
    element = an_element(face=[FACE, FACE | {"frame": 10}], language=[TEXT], ner=[])
    (opened,) = openers(element)
    rows = {}
    for model, row in stored_rows(opened()):
        rows.setdefault(model, []).append(row)
    assert rows == tables_of([element])


def test_a_source_that_failed_gives_no_rows():
    (opened,) = openers(GONE)
    assert list(stored_rows(opened())) == []


def test_tables_are_those_that_the_command_line_writes(tmp_path):
    elements = [an_element(face=[FACE], language=[TEXT]), GONE, an_element(language=[WORD], face=[FACE | {"prob": 1}])]
    written = write_stored_tables(openers(*elements), tmp_path / "stored")
    wanted = write_parquet(tables_of(elements), tmp_path / "whole")
    assert [path.name for path in written] == [path.name for path in wanted]
    for ours, theirs in zip(written, wanted, strict=True):
        assert parquet.read_table(ours).equals(parquet.read_table(theirs))


def test_a_job_that_found_nothing_gives_no_tables(tmp_path):
    assert write_stored_tables(openers(GONE), tmp_path) == []


@pytest.mark.parametrize("cut", [1, 20, 200, -1])
def test_damaged_predictions_are_an_error_and_no_shorter_table(tmp_path, cut):
    whole = json.dumps(an_element(face=[FACE])).encode()
    with pytest.raises(MienError, match="stored predictions"):
        write_stored_tables([partial(io.BytesIO, whole[:cut])], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_predictions():
    def peak(count: int) -> int:
        element = json.dumps(an_element(face=[FACE] * count)).encode()
        tracemalloc.start()
        for _ in stored_rows(io.BytesIO(element)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(60_000) < 2 * peak(20_000)
