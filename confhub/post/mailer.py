"""Sending letters with files by a mail server: the one adapter over aiosmtplib."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import aiosmtplib

from confhub.kernel.clock import Clock

TIMEOUT_S: Final = 60.0
"""A PDF of 40,000 people has some megabytes; a mail server takes a minute for it on a slow line."""
_PORTS: Final = {"smtp": 587, "smtps": 465}


class MailFailed(Exception):
    """The server took the letter for nobody. Its text is the server's own words; nothing secret in it."""


class MailServerAway(MailFailed):
    """The server does not answer, or lets the hub not in: no letter would go."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file; `kind` is its media type."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """What a letter tells a calendar (iMIP, RFC 6047). `method`: as the content has it."""

    method: str
    content: bytes


class Mailer:
    """One mail server, and the sender's address."""

    def __init__(self, url: str, sender: str, clock: Clock, timeout_s: float = TIMEOUT_S) -> None:
        """`url`: `smtps://user:password@host:port`, or `smtp://` with STARTTLS, without which nothing is
        sent; `?tls=none` sends in clear. Certificates are checked. `timeout_s`: for each of its answers."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._tls = parts.scheme == "smtps"
        self._start_tls = parts.scheme == "smtp" and parts.query != "tls=none"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._clock = clock
        self._timeout_s = timeout_s

    async def send(
        self,
        recipients: Sequence[str],
        subject: str,
        text: str,
        files: Sequence[Attachment],
        *,
        only: Sequence[str] | None = None,
        name: str | None = None,
        calendar: CalendarPart | None = None,
    ) -> dict[str, str]:
        """One letter to all of them, named in To; who was refused, and in which words, where others were not.

        `only`: to these of them, since the others have it already. `name`: makes its Message-ID, so that
        a second try is known for the same letter. `calendar`: beside the text, and as a file. Raises
        MailFailed, MailServerAway.
        """
        message = _letter(text, files, calendar)
        message["From"] = formataddr(parseaddr(self._sender))
        message["To"] = ", ".join(recipients)
        message["Subject"] = Header(" ".join(subject.split()), header_name="Subject")  # type: ignore[assignment]
        message["Date"] = format_datetime(self._clock.now())
        domain = self._sender.rpartition("@")[2].rstrip(">")
        message["Message-ID"] = f"<{name}@{domain}>" if name else make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=self._start_tls,
            validate_certs=True,
            timeout=self._timeout_s,
        )
        refused: dict[str, aiosmtplib.SMTPResponse] | None = None
        away = True
        try:
            async with client:
                away = False
                refused, _ = await client.send_message(message, recipients=list(only or recipients))
        except (aiosmtplib.SMTPException, OSError) as error:
            if refused is None:  # else it was taken, and the farewell failed
                raise (MailServerAway if away else MailFailed)(_words(error)) from error
        return {address: f"{code} {said}"[:250] for address, (code, said) in (refused or {}).items()}


def _words(error: Exception) -> str:
    """What the server said, on one line."""
    return " ".join(str(error).split())[:250] or type(error).__name__


def _letter(text: str, files: Sequence[Attachment], calendar: CalendarPart | None) -> MIMEMultipart:
    """The body and the files. A calendar's part is another way to read the text (RFC 6047, 2.4), which
    Outlook, Gmail and Apple's Mail act upon; other readers open the file.

    Built of the older classes of Python's package on purpose: `EmailMessage` loses the blanks between the
    encoded words of a folded subject, and tears a long file name into pieces that Outlook does not join.
    """
    letter = MIMEMultipart()
    body = MIMEText(text, _charset="utf-8")
    if calendar is None:
        letter.attach(body)
    else:
        both = MIMEMultipart("alternative")
        both.attach(body)
        event = MIMEText(calendar.content.decode(), "calendar", "utf-8")
        event.set_param("method", calendar.method)
        both.attach(event)
        letter.attach(both)
        files = [*files, Attachment("invite.ics", "application/ics", calendar.content)]
    for file in files:
        main, _, sub = file.kind.partition("/")
        part = MIMEBase(main, sub)
        part.set_payload(file.content)
        encode_base64(part)
        part["Content-Disposition"] = disposition(file.name)
        letter.attach(part)
    return letter


def disposition(name: str) -> str:
    """The value of Content-Disposition: a plain name for every reader (RFC 2183), and beside it the exact one
    (RFC 2231) where that has other letters. No blanks in either: folding never reaches into a name."""
    plain = re.sub(r"[^A-Za-z0-9._()-]+", "_", fold_ascii(name))
    exact = [f"filename*=utf-8''{quote(name, safe='')}"] if plain != name else []
    parts = ["attachment", *exact, f'filename="{plain}"']
    return "; ".join(parts)  # who knows both takes the first


def fold_ascii(name: str) -> str:
    """The name without diacritics, its capitals kept."""
    bare = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))
