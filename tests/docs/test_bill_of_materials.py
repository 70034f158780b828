import json
from importlib.metadata import version
from pathlib import Path

from scripts.bill_of_materials import WEIGHTS, bill

ROOT = Path(__file__).parent.parent.parent


def test_the_bill_names_what_mien_needs_with_versions_and_licences_and_no_tools() -> None:
    made = json.loads(json.dumps(bill()))
    libraries = {one["name"].lower(): one for one in made["components"] if one["type"] == "library"}
    assert libraries["fastapi"]["version"] == version("fastapi")
    assert "pytest" not in libraries
    assert [name for name, one in libraries.items() if not one.get("licenses")] == []
    assert made["metadata"]["component"]["name"] == "mien"


def test_the_bill_names_every_network_with_its_checksum() -> None:
    networks = [one for one in bill()["components"] if one["type"] == "machine-learning-model"]
    assert len(networks) == len(list(WEIGHTS.glob("*/manifest.json")))
    assert all(one["licenses"] and len(one["hashes"][0]["content"]) == 64 for one in networks)


def test_the_bill_leads_only_to_what_it_lists() -> None:
    made = bill()
    known = {one["bom-ref"] for one in [*made["components"], made["metadata"]["component"]]}
    assert {ref for one in made["dependencies"] for ref in [one["ref"], *one["dependsOn"]]} <= known
    assert made == bill()


def test_neither_command_names_a_registry() -> None:
    for name in ("audit", "bill-of-materials", "bill_of_materials.py"):
        assert "://" not in (ROOT / "scripts" / name).read_text("utf-8")
