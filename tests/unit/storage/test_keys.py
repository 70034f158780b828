from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest
from mien.storage.keys import KeyOptions, Scope, SqlKeyStore, is_well_formed
from mien.storage.sqlite_database import SqliteDatabase
from tests.fakes_engine import StandingClock


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[SqlKeyStore]:
    database = SqliteDatabase(tmp_path / "mien.db")
    yield SqlKeyStore(database, StandingClock())
    database.close()


def test_a_key_tells_whose_it_is(keys: SqlKeyStore) -> None:
    ann, bob = keys.create("ann"), keys.create("bob")
    found = keys.find(ann), keys.find(bob)
    assert [record.owner for record in found if record] == ["ann", "bob"]
    assert len({record.id for record in found if record}) == 2
    assert keys.count() == 2


def test_one_owner_may_have_several_keys_and_each_is_another_account(keys: SqlKeyStore) -> None:
    first, second = keys.find(keys.create("ann")), keys.find(keys.create("ann"))
    assert first is not None and second is not None and first.id != second.id


def test_a_key_is_long_and_fits_an_address(keys: SqlKeyStore) -> None:
    key = keys.create("ann")
    assert key.startswith("mien_")
    assert len(key) >= 5 + 32
    assert key.replace("-", "").replace("_", "").isalnum() and key.isascii()


@pytest.mark.parametrize("key", ["", "mien_", "mien_x", "sk_123", "mien_\udcff", "mien_é" + "0" * 40])
def test_what_is_no_key_is_not_found(keys: SqlKeyStore, key: str) -> None:
    assert keys.find(key) is None


def test_a_mistyped_key_is_known_by_its_checksum(keys: SqlKeyStore) -> None:
    key = keys.create("ann")
    mistyped = key[:9] + ("b" if key[9] == "a" else "a") + key[10:]
    assert is_well_formed(key) and not is_well_formed(mistyped)
    assert keys.find(mistyped) is None


def test_a_well_formed_key_of_another_server_is_not_found(keys: SqlKeyStore, tmp_path: Path) -> None:
    elsewhere = SqliteDatabase(tmp_path / "other.db")
    foreign = SqlKeyStore(elsewhere, StandingClock()).create("eve")
    elsewhere.close()
    assert is_well_formed(foreign)
    assert keys.find(foreign) is None


def test_the_file_does_not_hold_the_key(keys: SqlKeyStore, tmp_path: Path) -> None:
    key = keys.create("ann")
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ann" in on_disk
    assert key.encode() not in on_disk and key[5:-6].encode() not in on_disk


def test_a_key_of_elsewhere_can_be_taken_over(keys: SqlKeyStore) -> None:
    keys.take_over("f3Qa81LkzP0x22mNvT7b", "ann")
    found = keys.find("f3Qa81LkzP0x22mNvT7b")
    assert found is not None and found.owner == "ann"
    with pytest.raises(InvalidRequest, match="known already"):
        keys.take_over("f3Qa81LkzP0x22mNvT7b", "bob")


@pytest.mark.parametrize(
    "key", ["", "short", "with a space in the middle", "é" * 30, "mien_mistyped" + "0" * 30, "\n" * 30]
)
def test_what_cannot_be_a_key_is_not_taken_over(keys: SqlKeyStore, key: str) -> None:
    with pytest.raises(InvalidRequest):
        keys.take_over(key, "ann")


def test_a_revoked_key_is_not_found_and_stays_in_the_list(keys: SqlKeyStore) -> None:
    first, second = keys.create("ann"), keys.create("bob")
    found = keys.find(first)
    assert found is not None
    keys.revoke(found.id[:8])
    assert keys.find(first) is None and keys.find(second) is not None
    assert [record.revoked_ms is None for record in keys.list()].count(True) == 1


@pytest.mark.parametrize("key_id", ["", "nothing"])
def test_revoking_needs_one_key(keys: SqlKeyStore, key_id: str) -> None:
    keys.create("ann")
    keys.create("bob")
    with pytest.raises(InvalidRequest):
        keys.revoke(key_id)


def test_a_key_ends(tmp_path: Path) -> None:
    clock, database = StandingClock(), SqliteDatabase(tmp_path / "ends.db")
    keys = SqlKeyStore(database, clock)
    key = keys.create("ann", KeyOptions(expires_ms=clock() + 1000))
    assert keys.find(key) is not None
    clock.move(1)
    assert keys.find(key) is None
    with pytest.raises(InvalidRequest, match="past"):
        keys.create("ann", KeyOptions(expires_ms=clock() - 1))
    database.close()


def test_what_a_key_was_given_comes_back(keys: SqlKeyStore) -> None:
    given = KeyOptions("ann@example.org", 2.5, frozenset({Scope.READ}), 2**42, 7)
    found = keys.find(keys.create("ann", given))
    assert found is not None and found.options == given


@pytest.mark.parametrize("given", [KeyOptions(weight=0), KeyOptions(scopes=frozenset()), KeyOptions(jobs_per_day=0)])
def test_options_of_no_sense_are_refused(keys: SqlKeyStore, given: KeyOptions) -> None:
    with pytest.raises(InvalidRequest):
        keys.create("ann", given)
