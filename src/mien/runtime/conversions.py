"""Bring networks of other formats into one that runs here, once, when they are fetched."""

from collections.abc import Callable, Mapping
from typing import Final

from mien.runtime.dlib_graph import dlib_to_onnx
from mien.runtime.onnx_graph import with_dimensions
from mien.runtime.speaker_graph import speaker_encoder_to_onnx, voice_trunk_to_onnx

CENTERFACE_OUTPUTS: Final = {"537": 1, "538": 2, "539": 2, "540": 10}
"""Channels of the score, the size, the offset within a cell and the five points."""


def free_centerface(content: bytes) -> bytes:
    """Return CenterFace's file for pictures of any size; as published it takes ten of 32 x 32 pixels."""
    outputs = {name: ("batch", channels, "rows", "columns") for name, channels in CENTERFACE_OUTPUTS.items()}
    return with_dimensions(content, {"input.1": ("batch", 3, "height", "width")}, outputs)


CONVERSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "dlib": dlib_to_onnx,
    "centerface": free_centerface,
    "speaker-encoder": speaker_encoder_to_onnx,
    "voice-trunk": voice_trunk_to_onnx,
}
"""Conversions by the name the catalogue gives them. Each raises ValueError for a file it is not meant for."""
