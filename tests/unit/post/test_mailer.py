"""Reports reach a real SMTP server whole."""

from __future__ import annotations

import asyncio
import base64
import quopri
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from confhub.cli import tls as tls_command
from confhub.kernel.clock import ManualClock
from confhub.kernel.ports import free_port
from confhub.post.mailer import Attachment, CalendarPart, Mailer, MailFailed, MailServerAway

pytestmark = pytest.mark.sockets


class Inbox:
    """What the server took. `refuse`: its answer to the next recipients, but for the welcome ones."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], Message]] = []
        self.raw: list[bytes] = []
        self.refuse = ""
        self.welcome: set[str] = set()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # type: ignore[no-untyped-def] # noqa: N802
        if self.refuse and address not in self.welcome:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # type: ignore[no-untyped-def] # noqa: N802
        self.raw.append(envelope.content)
        self.messages.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


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


@pytest.mark.parametrize("title", ["ấ" * 500, "😀" * 500, "\u200fمرحبا\u202e Họp", "a\r\nBcc: x@example.com"])
async def test_a_calendar_s_part_and_a_long_title_arrive_whole(
    inbox: tuple[Inbox, Controller], title: str
) -> None:
    kept, server = inbox
    mailer = Mailer(f"smtp://127.0.0.1:{server.port}?tls=none", "hop@phutho.example.vn", CLOCK)
    content = f"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nX-T:{title[:40]!r}\r\nEND:VCALENDAR\r\n".encode()
    part = CalendarPart("CANCEL", content)
    await mailer.send(["a@phutho.example.vn"], title, "Kính gửi", (), calendar=part)
    ((reached, letter),) = kept.messages
    assert reached == ["a@phutho.example.vn"]
    assert str(letter["Subject"]) == " ".join(title.split())
    assert letter["Bcc"] is None
    assert max(map(len, kept.raw[0].split(b"\r\n"))) <= 998
    (body,) = [one for one in letter.walk() if one.get_content_type() == "text/calendar"]
    assert (body.get_param("method"), body.get_content_charset()) == ("CANCEL", "utf-8")
    (file,) = [one for one in letter.walk() if one.get_filename() == "invite.ics"]
    assert file.get_payload(decode=True) == content
    kinds = [one.get_content_type() for one in letter.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/calendar", "application/ics",
    ]  # fmt: skip


async def test_who_is_refused_is_told_apart_and_gets_the_same_letter_alone_later(
    inbox: tuple[Inbox, Controller],
) -> None:
    taken, server = inbox
    taken.refuse, taken.welcome = "452 mailbox full", {"a@b.vn"}
    mailer = Mailer(f"smtp://127.0.0.1:{server.port}?tls=none", "hop@phutho.example.vn", CLOCK)
    both = ["a@b.vn", "c@d.vn"]
    assert await mailer.send(both, "Báo cáo", "…", [], name="n1") == {"c@d.vn": "452 mailbox full"}
    taken.refuse = ""
    assert await mailer.send(both, "Báo cáo", "…", [], only=["c@d.vn"], name="n1") == {}
    assert [recipients for recipients, _ in taken.messages] == [["a@b.vn"], ["c@d.vn"]]
    assert {message["Message-ID"] for _, message in taken.messages} == {"<n1@phutho.example.vn>"}
    assert {message["To"] for _, message in taken.messages} == {"a@b.vn, c@d.vn"}


async def test_a_server_that_hangs_is_waited_for_no_longer_than_said() -> None:
    hangs, asked = asyncio.Event(), asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await hangs.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mailer = Mailer(f"smtp://127.0.0.1:{port}?tls=none", "hop@phutho.example.vn", CLOCK, timeout_s=0.05)
    with pytest.raises(MailServerAway):
        await mailer.send(["a@b.vn"], "Báo cáo", "…", [])
    assert asked.is_set()
    hangs.set()
    server.close()


async def test_a_server_that_is_away_is_a_failure_without_secrets() -> None:
    mailer = Mailer(f"smtp://user:s3cret@127.0.0.1:{free_port()}", "hop@phutho.example.vn", CLOCK)
    with pytest.raises(MailServerAway) as error:
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


SUBJECTS = (
    "Báo cáo kết quả điểm danh buổi học tập Nghị quyết Đại hội Đảng bộ Tỉnh Phú Thọ nhiệm kỳ 2025–2030",
    "Báo cáo tháng 3 năm 2026 của Ủy ban nhân dân Tỉnh Phú Thọ gửi Văn phòng Tỉnh ủy",
    "Giấy chứng nhận của lớp bồi dưỡng lý luận chính trị dành cho đảng viên mới năm 2026 tại Thị xã Phú Thọ",
    "Kết quả a b c d e f g h i j k l m n o p q r s t u v w x y z à ả ã á ạ ă â đ ê ô ơ ư và hết",
    "Attendance of a training session with a subject that is longer than one line of a letter may be",
    "Ngắn",
)


def words_of(header: str) -> str:
    """A header as RFC 2047 reads it: blanks between two encoded words are none, all others count."""
    unfolded = re.sub(r"\r\n(?=[ \t])", "", header).strip()
    joined = re.sub(r"(\?=)\s+(?==\?)", r"\1", unfolded)

    def decoded(word: re.Match[str]) -> str:
        charset, way, text = word.groups()
        raw = (
            base64.b64decode(text)
            if way.lower() == "b"
            else quopri.decodestring(text.replace("_", " ").encode())
        )
        return raw.decode(charset)

    return re.sub(r"=\?([^?]+)\?([bBqQ])\?([^?]*)\?=", decoded, joined)


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_no_blank_of_a_folded_subject_is_lost(inbox: tuple[Inbox, Controller], subject: str) -> None:
    taken, server = inbox
    mailer = Mailer(f"smtp://127.0.0.1:{server.port}?tls=none", "hop@phutho.example.vn", CLOCK)
    await mailer.send(["a@b.vn"], subject, "…", [])
    raw = taken.raw[0]
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    assert all(len(line) <= 78 for line in head.split("\r\n"))
    (folded,) = re.findall(r"^Subject: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head, re.MULTILINE)
    assert words_of(folded) == subject
    older = str(make_header(decode_header(message_from_bytes(raw)["Subject"])))
    assert " ".join(older.split()) == subject
    assert message_from_bytes(raw, policy=default)["Subject"] == subject


async def test_a_long_name_of_a_file_is_plain_and_whole(inbox: tuple[Inbox, Controller]) -> None:
    taken, server = inbox
    names = (f"1-2026-03-02-{'hoc-tap-nghi-quyet-' * 4}dot-1.xlsx", f"Báo cáo {'Đợt học tập ' * 8}(1).pdf")
    mailer = Mailer(f"smtp://127.0.0.1:{server.port}?tls=none", "hop@phutho.example.vn", CLOCK)
    await mailer.send(
        ["a@b.vn"], "Báo cáo", "…", [Attachment(name, "application/pdf", b"%") for name in names]
    )
    text = taken.raw[0].decode("ascii")
    assert "filename*0" not in text
    assert f'filename="{names[0]}"' in text
    assert f'filename="Bao_cao_{"Dot_hoc_tap_" * 8}(1).pdf"' in text
    _, *files = message_from_bytes(taken.raw[0], policy=default).iter_parts()
    assert [one.get_filename() for one in files] == list(names)
