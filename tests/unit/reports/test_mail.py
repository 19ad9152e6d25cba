"""Reports reach a real SMTP server whole."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from confhub.cli import tls as tls_command
from confhub.kernel.clock import ManualClock
from confhub.reports.mail import Attachment, Mailer, MailFailed


class Inbox:
    """What the server took. `refuse`: its answer to the next message's recipients."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], Message]] = []
        self.refuse = ""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # type: ignore[no-untyped-def] # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # type: ignore[no-untyped-def] # noqa: N802
        self.messages.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, Controller]]:
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    yield inbox, server
    server.stop()


CLOCK = ManualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


async def test_subject_text_and_files_arrive_as_they_were(inbox: tuple[Inbox, Controller]) -> None:
    taken, server = inbox
    mailer = Mailer(f"smtp://127.0.0.1:{server.port}?tls=none", "hop@phutho.example.vn", CLOCK)
    pdf = Attachment("báo cáo.pdf", "application/pdf", b"%PDF-1.7\x00\xff")
    await mailer.send(["a@b.vn", "c@d.vn"], "Báo cáo\r\nBcc: x@y.vn", "Kính gửi các đồng chí", [pdf])
    ((recipients, message),) = taken.messages
    assert recipients == ["a@b.vn", "c@d.vn"]
    assert message["Subject"] == "Báo cáo Bcc: x@y.vn"
    assert message["Bcc"] is None
    assert message["From"] == "hop@phutho.example.vn"
    assert message["Auto-Submitted"] == "auto-generated"
    text, file = message.iter_parts()  # type: ignore[attr-defined]
    assert text.get_content().strip() == "Kính gửi các đồng chí"
    assert (file.get_filename(), file.get_content()) == ("báo cáo.pdf", b"%PDF-1.7\x00\xff")


async def test_a_refusal_is_told_in_the_servers_words(inbox: tuple[Inbox, Controller]) -> None:
    taken, server = inbox
    taken.refuse = "550 no such mailbox"
    mailer = Mailer(f"smtp://127.0.0.1:{server.port}?tls=none", "hop@phutho.example.vn", CLOCK)
    with pytest.raises(MailFailed, match="no such mailbox"):
        await mailer.send(["a@b.vn"], "Báo cáo", "…", [])


async def test_a_server_that_is_away_is_a_failure_without_secrets() -> None:
    mailer = Mailer(f"smtp://user:s3cret@127.0.0.1:{free_port()}", "hop@phutho.example.vn", CLOCK)
    with pytest.raises(MailFailed) as error:
        await mailer.send(["a@b.vn"], "Báo cáo", "…", [])
    assert "s3cret" not in str(error.value)


async def test_nothing_leaves_where_the_server_offers_no_tls(inbox: tuple[Inbox, Controller]) -> None:
    taken, server = inbox
    said: list[str] = []
    taken.handle_AUTH = lambda *told: said.append(str(told))  # type: ignore[attr-defined]
    mailer = Mailer(f"smtp://user:s3cret@127.0.0.1:{server.port}", "hop@phutho.example.vn", CLOCK)
    with pytest.raises(MailFailed):
        await mailer.send(["a@b.vn"], "Báo cáo", "…", [])
    assert taken.messages == []
    assert said == []


async def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    made = tls_command.init(tmp_path, ["mail.example.vn"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made["cert"], made["key"])
    taken = Inbox()
    server = Controller(taken, hostname="127.0.0.1", port=free_port(), tls_context=context)
    server.start()
    try:
        mailer = Mailer(f"smtp://127.0.0.1:{server.port}", "hop@phutho.example.vn", CLOCK)
        with pytest.raises(MailFailed, match=r"(?i)certificate"):
            await mailer.send(["a@b.vn"], "Báo cáo", "…", [])
    finally:
        server.stop()
    assert taken.messages == []
