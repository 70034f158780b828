"""A real mail server on loopback that keeps what it is sent, plain or over TLS with a certificate of its own."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from mien.delivery.mail import MailServer, Security

USER, PASSWORD = "mien", "hush"


@dataclass
class Mailbox:
    """What arrived, and how to reach the server; with `refuses` every mail is answered with that line."""

    server: MailServer
    refuses: str | None = None
    arrived: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuses:
            return self.refuses
        self.arrived.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=default)))
        self.recipients += envelope.rcpt_tos
        return "250 taken"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost and its key."""
    crt, key = folder / "mail.crt", folder / "mail.key"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {key} -out {crt}".split(),
        check=True,
        capture_output=True,
    )
    return crt, key


@contextmanager
def mail_server(folder: Path, security: Security = "none", log_in: bool = False) -> Iterator[Mailbox]:
    box = Mailbox(MailServer("localhost", 1, "mien@example.org", security))
    options: dict[str, Any] = {}
    authorities = None
    if security != "none":
        authorities, key = certificate(folder)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(authorities, key)
        options = {"tls_context": context, "require_starttls": True} if security == "starttls" else {}
        if security == "ssl":
            options["ssl_context"] = context
    if log_in:
        options |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": security == "starttls"}
    # Port 0 takes a free one, but the controller then asks itself at the wrong door; so it is told one.
    controller = Controller(box, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    user, password = (USER, PASSWORD) if log_in else (None, None)
    box.server = MailServer(
        "localhost", controller.port, "mien@example.org", security, user, password,
        str(authorities) if authorities else None,
    )  # fmt: skip
    try:
        yield box
    finally:
        controller.stop()


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    known = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
