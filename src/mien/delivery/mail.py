"""Mail to the owner of a key that a job has ended."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from mien.delivery.callback import NotDelivered
from mien.domain.job import Job, Status

TIMEOUT_SECONDS = 30.0
Security = Literal["none", "starttls", "ssl"]


class MailFailed(NotDelivered):
    """The mail server did not take the mail."""


@dataclass(frozen=True)
class MailServer:
    """Say which SMTP server takes our mail and how it is spoken to; without a user nobody logs in.

    `authorities` is a file of certificates to trust beside those of the system.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = None
    authorities: str | None = None


class MailSender:
    """Send mails over SMTP, each on a connection of its own; a certificate that does not fit the host is refused."""

    def __init__(self, server: MailServer, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._timeout_seconds = timeout_seconds

    def send(self, message: EmailMessage) -> None:
        """Hand a message to the mail server. Raises MailFailed."""
        try:
            with self._connected() as connection:
                if self._server.user:
                    connection.login(self._server.user, self._server.password or "")
                connection.send_message(message)
        except smtplib.SMTPResponseException as error:
            # What the server says may repeat addresses; its number is enough.
            raise MailFailed(f"the mail server answered {error.smtp_code} ({type(error).__name__})") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise MailFailed(f"the mail server could not be used: {type(error).__name__}") from error

    def message(self, to: str, job: Job, link: str | None = None) -> EmailMessage:
        """Return the mail that says that a job has ended. Raises MailFailed when an address is not one."""
        if not is_mail_address(to):
            raise MailFailed("the address of the key is not a mail address")
        told = EmailMessage()
        told["From"] = self._server.sender
        told["To"] = Address(addr_spec=to)
        told["Subject"] = f"Job {job.id} {_state(job)}"
        told["Date"] = format_datetime(datetime.now(UTC))
        # The same at every attempt, so that a mail that arrives twice is shown once.
        told["Message-ID"] = f"<{job.id}@mien.invalid>"
        told["Auto-Submitted"] = "auto-generated"
        told.set_content(mail_text(job, link))
        return told

    def _connected(self) -> smtplib.SMTP:
        server, seconds = self._server, self._timeout_seconds
        if server.security == "ssl":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=self._trusted())
        connection = smtplib.SMTP(server.host, server.port, timeout=seconds)
        if server.security == "none":
            return connection
        try:
            connection.starttls(context=self._trusted())
        except BaseException:
            connection.close()
            raise
        return connection

    def _trusted(self) -> ssl.SSLContext:
        trusted = ssl.create_default_context()
        if self._server.authorities:
            trusted.load_verify_locations(self._server.authorities)
        return trusted


def is_mail_address(text: str) -> bool:
    """Say whether a text is one mail address, with a domain and nothing around it."""
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(address.username and address.domain) and text.isprintable()


def mail_text(job: Job, link: str | None = None) -> str:
    """Return what the mail says: which job, how it ended, counts or the reason, and a link; no content, no names."""
    seconds = (job.ended_ms or 0) / 1000
    ended = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [f"Your job {job.id} {_state(job)} at {ended}.", ""]
    if job.tags:
        lines.append(f"Tags: {', '.join(job.tags)}")
    if job.status is Status.FAILED:
        lines.append("It gave no results; the job object says why.")
    else:
        lines.append(f"Predictions: {job.num_predictions}")
        lines.append(f"Errors: {job.num_errors}")
    return "\n".join([*lines, *(["", link] if link else [])]) + "\n"


def _state(job: Job) -> str:
    return "has failed" if job.status is Status.FAILED else "is complete"
