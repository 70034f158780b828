"""What the files of one source share."""

from mien.domain.source_memory import SourceMemory


def test_the_same_thing_is_recalled_in_every_file() -> None:
    memory = SourceMemory()
    memory.recall(list, list).append("seen")

    assert memory.recall(list, list) == ["seen"]
    assert memory.recall(dict, dict) == {}


def test_a_remark_is_taken_once_and_not_made_twice() -> None:
    memory = SourceMemory()
    memory.remark("dark")
    memory.remark("dark")

    assert memory.take_remarks() == ["dark"]
    memory.remark("dark")
    memory.remark("far")
    assert memory.take_remarks() == ["far"]
