"""Ask a server as the former SDKs did, with the same method names: `MienClient`, `AsyncMienClient`."""

from mien.client.answers import Answer, ApiError
from mien.client.clients import AsyncMienClient, MienClient

__all__ = ["Answer", "ApiError", "AsyncMienClient", "MienClient"]
