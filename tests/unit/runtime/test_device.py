"""What networks can run on."""

from mien.runtime import device
from mien.runtime.device import devices


def test_the_processor_is_always_there_and_used() -> None:
    assert devices()[0].name == "cpu"
    assert devices()[0].used


def test_accelerators_are_listed_and_not_claimed_to_be_used(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(device, "onnx_providers", lambda: ("CUDAExecutionProvider", "CPUExecutionProvider"))

    assert [(found.name, found.used) for found in devices()] == [("cpu", True), ("cuda", False)]
