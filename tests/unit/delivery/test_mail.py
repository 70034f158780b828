import socket
from dataclasses import replace
from pathlib import Path

import pytest

from mien.delivery.mail import MailFailed, MailSender, MailServer, Security, mail_text
from mien.domain.job import Job, Status
from tests.fakes_engine import NOON_MS, a_job
from tests.fakes_mail import mail_server


def an_ended_job(status: Status = Status.COMPLETED) -> Job:
    return replace(
        a_job("private.mp4"),
        status=status,
        ended_ms=NOON_MS,
        num_predictions=12,
        num_errors=1,
        message="private.mp4: no",
    )


@pytest.mark.parametrize("security", ["none", "starttls", "ssl"])
def test_a_mail_arrives_however_the_server_is_spoken_to(tmp_path: Path, security: Security) -> None:
    job = an_ended_job()
    with mail_server(tmp_path, security) as box:
        sender = MailSender(box.server)
        sender.send(sender.message("ann@example.org", job, f"https://mien.example/v0/batch/jobs/{job.id}"))
    (mail,) = box.arrived
    assert box.recipients == ["ann@example.org"]
    assert mail["Subject"] == f"Job {job.id} is complete"
    assert mail["From"] == "mien@example.org"
    text = mail.get_content()
    assert "Predictions: 12" in text
    assert "Errors: 1" in text
    assert f"https://mien.example/v0/batch/jobs/{job.id}" in text


def test_a_user_logs_in(tmp_path: Path) -> None:
    with mail_server(tmp_path, "starttls", log_in=True) as box:
        sender = MailSender(box.server)
        sender.send(sender.message("ann@example.org", an_ended_job()))
        wrong = MailSender(replace(box.server, password="guess"))
        with pytest.raises(MailFailed, match="535"):
            wrong.send(wrong.message("ann@example.org", an_ended_job()))
    assert len(box.arrived) == 1


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with mail_server(tmp_path, "starttls") as box:
        sender = MailSender(replace(box.server, authorities=None))
        with pytest.raises(MailFailed, match="SSLCertVerificationError"):
            sender.send(sender.message("ann@example.org", an_ended_job()))
    assert box.arrived == []


def test_a_mail_that_is_refused_is_a_failure_that_repeats_no_address(tmp_path: Path) -> None:
    with mail_server(tmp_path) as box:
        box.refuses = "554 ann@example.org is unknown"
        sender = MailSender(box.server)
        with pytest.raises(MailFailed, match="554") as failed:
            sender.send(sender.message("ann@example.org", an_ended_job()))
    assert "ann@" not in failed.value.message


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        sender = MailSender(MailServer("127.0.0.1", taken.getsockname()[1], "mien@example.org", "none"), 2)
        with pytest.raises(MailFailed, match="could not be used"):
            sender.send(sender.message("ann@example.org", an_ended_job()))


@pytest.mark.parametrize("address", ["nobody", "a@b\nBcc: all@example.org", ""])
def test_an_address_that_is_none_is_a_failure(address: str) -> None:
    with pytest.raises(MailFailed, match="not a mail address"):
        MailSender(MailServer("localhost", 1, "mien@example.org")).message(address, an_ended_job())


def test_the_text_names_no_file_even_when_the_job_failed() -> None:
    text = mail_text(an_ended_job(Status.FAILED))
    assert "has failed at 2023-11-14 22:13:20 UTC" in text
    assert "private" not in text
