"""Let somebody ask a running task to stop, and let the task find out."""

from mien.domain.errors import MienError


class Cancellation:
    """Carry one flag that is asked at every tap and raises its reason once set."""

    def __init__(self) -> None:
        self._reason: MienError | None = None

    def cancel(self, reason: MienError) -> None:
        """Set the flag; the first reason given stays."""
        if self._reason is None:
            self._reason = reason

    def check(self) -> None:
        """Raise the reason if somebody asked to stop."""
        if self._reason is not None:
            raise self._reason
