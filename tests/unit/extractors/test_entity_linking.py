"""Names and the articles they mean."""

import pytest

from mien.extractors.entity_linking import Article, EntityTable, read_entities

NOWHERE: frozenset[str] = frozenset()
TABLE = EntityTable(
    [
        "Paris\t46849\tGPE\t",
        "Paris, Texas\t300\tGPE\t",
        "Cambridge\t8000\tGPE\t",
        "Cambridge, Massachusetts\t5236\tGPE\t",
        "Jordan\t10481\tGPE\t",
        "Michael Jordan\t3000\tPER\tJordan|MJ",
        "Lens (geometry)\t33\t\t",
        "Liverpool\t12350\tGPE\t",
        "The Crown\t500\t\t",
        "Apple\t2000\t\t",
        "Apple Inc.\t7097\tORG\tApple",
    ]
)


@pytest.mark.parametrize(
    ("name", "tag", "near", "title"),
    [
        ("Paris", "LOC", "", "Paris"),
        ("Cambridge", "LOC", "in massachusetts", "Cambridge, Massachusetts"),
        ("Cambridge", "LOC", "in england", "Cambridge"),
        ("Jordan", "LOC", "", "Jordan"),
        ("Jordan", "PER", "", "Michael Jordan"),
        ("Apple", "ORG", "", "Apple Inc."),
        ("Liverpool", "ORG", "", "Liverpool"),
        ("liverpool's", "LOC", "", "Liverpool"),
        ("the  Liverpool", "LOC", "", "Liverpool"),
    ],
)
def test_the_article_fits_the_kind_and_what_stands_near(name, tag, near, title):
    article = TABLE.link(name, tag, frozenset(near.split()))
    assert article is not None
    assert article.title == title


@pytest.mark.parametrize(
    ("name", "tag"), [("Zorblax", "ORG"), ("Paris", "PER"), ("Lens", "LOC"), ("", "MISC"), ("crown", "MISC")]
)
def test_no_article_is_better_than_a_wrong_one(name, tag):
    assert TABLE.link(name, tag, NOWHERE) is None


def test_an_address_is_written_as_the_encyclopedia_writes_it():
    assert Article("Beyoncé", 1, "PER").uri == "https://en.wikipedia.org/wiki/Beyonc%C3%A9"
    assert Article("Washington, D.C.", 1, "GPE").uri == "https://en.wikipedia.org/wiki/Washington,_D.C."
    assert Article("What?", 1, "").uri.endswith("/What%3F")


@pytest.fixture(scope="module")
def packaged() -> EntityTable:
    return read_entities()


@pytest.mark.parametrize(
    ("name", "tag", "title", "supported"),
    [
        ("Germany", "LOC", "Germany", True),
        ("Merkel", "PER", "Angela Merkel", False),
        ("Netflix", "ORG", "Netflix", False),
        ("Taylor Swift", "PER", "Taylor Swift", False),
        ("UN", "ORG", "United Nations", True),
        ("New York Times", "ORG", "The New York Times", True),
    ],
)
def test_the_packaged_table_knows_old_and_new_names(packaged, name, tag, title, supported):
    article = packaged.link(name, tag, NOWHERE)
    assert article is not None
    assert article.title == title
    assert (article.support > 0) is supported


@pytest.mark.parametrize("name", ["Sarah", "Smith", "Kowalczyk", "David"])
def test_a_name_many_people_bear_is_not_linked(packaged, name):
    assert packaged.link(name, "PER", NOWHERE) is None
