"""Sending one e-mail with files by a mail server: the adapter over aiosmtplib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from confhub.kernel.clock import Clock

TIMEOUT_S: Final = 60.0
"""A PDF of 40,000 people has some megabytes; a mail server takes a minute for it on a slow line."""
_PORTS: Final = {"smtp": 587, "smtps": 465}


class MailFailed(Exception):
    """The server refused, or does not answer. Its text is the server's own words; nothing secret in it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file; `kind` is its media type."""

    name: str
    kind: str
    content: bytes


class Mailer:
    """One mail server, and the sender's address."""

    def __init__(self, url: str, sender: str, clock: Clock) -> None:
        """`url`: `smtps://user:password@host:port`, or `smtp://` with STARTTLS, without which nothing is
        sent; `?tls=none` sends in clear. Certificates are checked."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._tls = parts.scheme == "smtps"
        self._start_tls = parts.scheme == "smtp" and parts.query != "tls=none"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._clock = clock

    async def send(
        self, recipients: Sequence[str], subject: str, text: str, files: Sequence[Attachment]
    ) -> None:
        """One message to all of them, named in To. Raises MailFailed when the server took it for nobody."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(recipients)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
        message.set_content(text)
        for file in files:
            main, _, sub = file.kind.partition("/")
            message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=self._start_tls,
                validate_certs=True,
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailFailed(" ".join(str(error).split())[:250] or type(error).__name__) from error
