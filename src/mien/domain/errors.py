"""Name everything that can go wrong, in one tree.

    MienError
    ├── InvalidRequest            the client asked for something malformed          → 400
    ├── BodyTooLarge              the client sent more than is taken                → 413
    ├── MissingKey, InvalidKey    who is asking is not known                        → 401
    ├── JobNotFound               no such job for this key                          → 404
    ├── NotFound                  no such key, network, card or sample              → 404
    ├── JobNotFinished            results asked for too early                       → 400
    ├── JobFailed                 results asked of a job that has none              → 400
    ├── NotAllowed                the key may not do this                           → 403
    ├── QueueFull                 too many jobs wait                                → 429
    ├── QuotaSpent                the key has started as many jobs as it may        → 429
    ├── IdempotencyConflict       an Idempotency-Key came back with another request → 409
    ├── KeyInUse                  the key to be revoked is the one that asks        → 409
    ├── DiskFull                  too little disk space is left                     → 507
    ├── LibraryMissing            a library that is not among our own is needed     → 501
    ├── SourceError               a whole source is unusable                        → `error` of the source
    │   ├── DownloadFailed
    │   │   └── AddressRefused
    │   ├── ArchiveUnreadable
    │   └── SourceTooLarge
    ├── ItemError                 one file is unusable                              → an entry in `errors`
    │   ├── UnreadableMedia
    │   ├── EmptyFile
    │   ├── ItemTooLarge
    │   ├── UnsafeMember
    │   ├── NothingApplies
    │   └── CannotTranscribe      its speech cannot be turned into text; other models go on
    ├── WeightsMissing, WeightsCorrupt    a network is not on disk or not itself
    │   └── UnknownNetwork        no network is called so, or no setting chooses it
    ├── Cancelled                 somebody asked to stop
    └── LeaseLost                 another worker holds this task now

The docstring of a class is its default message.
"""


class MienError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    @property
    def message(self) -> str:
        """Return the text a user reads."""
        return str(self.args[0])


class InvalidRequest(MienError):
    """The request is malformed."""


class BodyTooLarge(MienError):
    """The request body is over the limit."""


class MissingKey(MienError):
    """No API key was given."""


class InvalidKey(MienError):
    """Invalid ApiKey"""


class JobNotFound(MienError):
    """job not found"""


class NotFound(MienError):
    """There is nothing of this name."""


class JobNotFinished(MienError):
    """job is in progress"""


class JobFailed(MienError):
    """The job failed."""


class QueueFull(MienError):
    """Too many jobs are queued; try again later."""


class IdempotencyConflict(MienError):
    """This Idempotency-Key was sent before with another request."""


class KeyInUse(MienError):
    """This is the key you sent; revoke it with another one, or with `mien keys revoke`."""


class DiskFull(MienError):
    """Too little disk space is left; try again later."""


class LibraryMissing(MienError):
    """A library that is not among mien's own is needed."""


class QuotaSpent(MienError):
    """This key has started as many jobs as it may; try again later."""


class NotAllowed(MienError):
    """This key may not do this."""


class SourceError(MienError):
    """The source is unusable."""


class DownloadFailed(SourceError):
    """could not download"""


class AddressRefused(DownloadFailed):
    """The address is private or otherwise off limits."""


class ArchiveUnreadable(SourceError):
    """archive could not be read"""


class SourceTooLarge(SourceError):
    """The source is over a limit."""


class ItemError(MienError):
    """The file is unusable."""


class UnreadableMedia(ItemError):
    """file could not be decoded as image, audio, video or text"""


class EmptyFile(ItemError):
    """file is empty"""


class ItemTooLarge(ItemError):
    """The file is over a limit."""


class UnsafeMember(ItemError):
    """The archive member is not a plain file inside the archive."""


class NothingApplies(ItemError):
    """None of the requested models applies to this kind of file."""


class CannotTranscribe(ItemError):
    """unable to transcribe file"""


class WeightsMissing(MienError):
    """The weights are not on disk; `mien weights pull` fetches them."""


class UnknownNetwork(WeightsMissing):
    """No network is called so, or no setting chooses it."""


class WeightsCorrupt(MienError):
    """A weights file differs from its checksum; `mien weights pull` fetches it anew."""


class Cancelled(MienError):
    """job was cancelled"""


class LeaseLost(MienError):
    """The task's lease is held by somebody else."""
