"""Read every setting once, at the door, into one frozen object."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mien.domain.errors import InvalidRequest

PREFIX = "MIEN_"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mien"


class Settings(BaseModel):
    """Hold every setting; the variable of each is its name in capitals after `MIEN_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(Path("mien-data"), description="folder that holds jobs, uploads and results")
    store: str | None = Field(
        None,
        description="job store, `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; default: `mien.db` in `data`",
    )
    blobs: str | None = Field(
        None, description="blob store, `file://PATH` or `s3://BUCKET/PREFIX`; default: `blobs` in the data folder"
    )
    s3_endpoint: str | None = Field(
        None, description="server that speaks Amazon S3's protocol, `https://HOST:PORT`; default: Amazon's own"
    )
    s3_region: str | None = Field(None, description="region of the bucket; default: what `AWS_REGION` says")
    weights: Path = Field(
        default_factory=lambda: _cache() / "weights", description="folder that holds fetched networks"
    )
    samples: Path = Field(
        default_factory=lambda: _cache() / "samples", description="folder that holds fetched sample photographs"
    )
    language_weights: Path | None = Field(
        None, description="folder of a larger multilingual text network, with a manifest like ours"
    )
    permissive_weights: bool = Field(
        False, description="do without networks whose licence forbids commercial use, even where they are better"
    )
    face_detector: Literal["blazeface", "centerface"] = Field(
        "blazeface", description="who finds faces; `centerface` sees smaller ones and takes several times as long"
    )
    transcriber: Literal["auto", "whisper", "http", "moonshine", "pocketsphinx", "none"] = Field(
        "auto",
        description="who turns speech into text; `auto`: the first set up of http, whisper, moonshine, pocketsphinx",
    )
    transcription_workers: int = Field(
        0,
        ge=0,
        description="processes in which each worker hears or times words; 0: the cores shared among the workers",
    )
    whisper_model: Path | None = Field(
        None, description="folder of a model in faster-whisper's form; default: the largest in the weights folder"
    )
    transcription_url: str | None = Field(
        None, description="server that speaks the OpenAI transcription API, `http://HOST:PORT`"
    )
    transcription_key: str | None = Field(None, description="key that is sent to that server as a bearer token")
    transcription_model: str = Field("whisper-1", description="model that the server is asked for")
    captions: bool = Field(True, description="take subtitles that come with a recording for what is said")
    scratch: Path | None = Field(None, description="folder for temporary files; default: `scratch` in the data folder")
    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8004, ge=0, le=65535, description="port the server listens on; 0 takes a free one")
    open: bool = Field(False, description="ask for no key; only where the server listens on this machine alone")
    cors_origins: str = Field(
        "", description="web pages that may ask from browsers, `https://app.example.org,http://localhost:3000`, or `*`"
    )
    max_connections: int = Field(1000, ge=1, description="connections at once; the next is refused with 503")
    head_seconds: float = Field(20.0, gt=0, description="time a client has for the whole head of a request")
    stall_seconds: float = Field(
        30.0, gt=0, description="time in which 1 KB of a body must come, or of an answer be taken"
    )
    keep_alive_seconds: float = Field(15.0, gt=0, description="how long a connection may lie idle between requests")
    workers: int = Field(1, ge=0, description="worker processes that `mien serve` starts")
    piece_seconds: float = Field(
        300.0,
        ge=0,
        description="longest stretch of a recording that is one task; 0: sources of any size are measured in one task",
    )
    piece_files: int = Field(
        32, ge=1, description="small files of an archive that are one task: about so many pictures, or seconds of media"
    )
    threads: int = Field(1, ge=1, description="threads each worker gives to a network")
    lease_seconds: float = Field(10.0, gt=0, description="how long a silent worker keeps its task")
    task_memory_bytes: int = Field(
        4 * 1024**3, ge=1, description="memory a task may take; never more than 80 % of what the container has"
    )
    task_file_bytes: int = Field(12 * 1024**3, ge=1, description="size of one file a task may write")
    task_processes: int = Field(256, ge=2, description="processes a task may start, its own among them")
    task_seconds: float = Field(300.0, gt=0, description="time a task may take for one of its files, to which come")
    task_seconds_per_media_second: float = Field(20.0, ge=0, description="as many for each second of the file's media")
    task_processor_seconds: float = Field(
        300.0, gt=0, description="processor time a task may take for one of its files, to which come"
    )
    task_processor_seconds_per_media_second: float = Field(
        40.0, ge=0, description="as many for each second of the file's media"
    )
    child_tasks: int = Field(1000, ge=1, description="tasks after which a worker replaces the process it runs them in")
    child_memory_bytes: int = Field(2 * 1024**3, ge=1, description="memory above which it does so, between two tasks")
    max_queued_jobs: int = Field(500, ge=1, description="jobs that may wait; the next is refused with 429")
    max_upload_bytes: int = Field(100 * 1024**2, ge=1, description="bytes of one uploaded file")
    max_body_bytes: int = Field(10_400 * 1024**2, ge=1, description="bytes of one request with all its files")
    max_url_bytes: int = Field(1024**3, ge=1, description="bytes of one downloaded file")
    max_media_seconds: float = Field(3 * 3600.0, gt=0, description="length of one recording or film")
    max_pixels: int = Field(100 * 10**6, ge=1, description="pixels of one picture or frame")
    max_archive_bytes: int = Field(10 * 1024**3, ge=1, description="bytes of one archive's members together, unpacked")
    max_archive_members: int = Field(10_000, ge=1, description="number of members of one archive")
    max_archive_ratio: int = Field(
        200, ge=1, description="how much larger than packed a zip's member or a tar may be, once it is over 256 MB"
    )
    allow_private_addresses: bool = Field(
        False, description="let downloads and callbacks reach loopback and private networks"
    )
    confine: bool = Field(
        True, description="take network, privileges and writing elsewhere from the process that decodes (Linux)"
    )
    allow_networks: str = Field(
        "", description="networks that downloads and callbacks may reach beside public ones, `10.1.0.0/16,fd12::/48`"
    )
    allow_ports: str = Field(
        "80,443,8080,8443", description="ports of public addresses they may reach, `80,8000-8100`, or `any`"
    )
    proxy: str | None = Field(
        None, description="proxy that downloads and callbacks take, `http://HOST:PORT`; it then says what names mean"
    )
    callback_secret: str | None = Field(
        None, description="sign callbacks with this secret as Standard Webhooks say: `whsec_…`, or any other text"
    )
    public_url: str | None = Field(None, description="address at which people reach the server; mails link to it")
    smtp_host: str | None = Field(None, description="mail server for jobs with `notify`; without one no mail is sent")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        "starttls", description="how the mail server is spoken to: starttls, ssl (usually port 465) or none"
    )
    smtp_authorities: Path | None = Field(
        None, description="file of certificates to trust for the mail server beside the system's"
    )
    smtp_user: str | None = Field(None, description="user to log in to the mail server as; without one nobody logs in")
    smtp_password: str | None = Field(None, description="that user's password")
    smtp_from: str | None = Field(None, description="address our mails come from; needed with a mail server")
    retention_days: float = Field(30.0, ge=0, description="days after its end that a job is kept; 0 keeps it for ever")
    keep_uploads: bool = Field(False, description="keep uploads as long as their job, not only until it has ended")
    orphan_seconds: float = Field(
        3600.0, gt=0, description="how long blobs must have belonged to no job before they are deleted"
    )
    min_free_bytes: int = Field(
        512 * 1024**2,
        ge=0,
        description="disk space that must stay free for jobs to be accepted and sources opened; 0: any",
    )
    metrics_token: str | None = Field(
        None, description="bearer token that `/metrics` asks for; without one it answers this machine only"
    )
    otel_endpoint: str | None = Field(
        None, description="OpenTelemetry collector that gets traces, `http://HOST:4318`; needs `mien[otel]`"
    )
    log_format: Literal["plain", "json"] = Field("plain", description="plain, or json for one JSON object per line")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="DEBUG, INFO, WARNING or ERROR"
    )
    server: str = Field("http://127.0.0.1:8004", description="server that `mien jobs` asks")
    key: str | None = Field(None, description="API key that `mien jobs` uses")

    @property
    def store_url(self) -> str:
        """Return where jobs are kept."""
        return self.store or f"sqlite:///{self.data.absolute() / 'mien.db'}"

    @property
    def blobs_url(self) -> str:
        """Return where uploads and results are kept."""
        return self.blobs or f"file://{self.data.absolute() / 'blobs'}"

    @property
    def scratch_folder(self) -> Path:
        """Return where temporary files go."""
        return self.scratch or self.data.absolute() / "scratch"


def read_settings(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Return the settings from `MIEN_*` variables; what is given by name and is not None wins.

    Raises InvalidRequest naming the variable when a value cannot be understood. Unknown variables are left alone.
    """
    source = os.environ if environment is None else environment
    values: dict[str, object] = {
        name: source[PREFIX + name.upper()] for name in Settings.model_fields if source.get(PREFIX + name.upper())
    }
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        raise InvalidRequest(f"{variable}: {first['msg']}, got {first['input']!r}") from error
