"""Multipart forms: any bytes under any content type, and forms as browsers write them, which come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from confhub.http import multipart
from confhub.http.multipart import MultipartBroken
from fuzz.law import Feed
from fuzz.source import Source

BOUNDARY = "----b"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
_GLUE = [
    b"------b",
    b"\r\n------b",
    b"\r\n------b--",
    b"\r\n",
    b"\r\n\r\n",
    b'Content-Disposition: form-data; name="',
    b'"; filename="',
    b"\"; filename*=UTF-8''",
    b"Content-Type: text/csv",
    b";",
    b'\\"',
    b"%22",
]


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: how much is made right."""
    yield feed


def feed(data: bytes) -> None:
    """The parts, or MultipartBroken."""
    source = Source(data)
    how = source.number() % 3
    if how == 2:
        _whole(source)
        return
    kind, body = TYPE, source.rest()
    if how == 0:
        source = Source(body)
        kind, body = source.piece().decode("latin-1"), source.rest()
    else:
        body = _GLUE[0] + b"".join(
            _GLUE[byte % 16] if byte % 16 < len(_GLUE) else bytes((byte,)) for byte in body
        )
    with suppress(MultipartBroken):
        assert all(part.name for part in multipart.split(body, kind, 20))


def _whole(source: Source) -> None:
    """What a browser writes of fields and files is what comes out."""
    fields: list[tuple[str, str | None, bytes]] = []
    while not source.is_empty and len(fields) < 20:
        name = source.piece()[:400].hex() or "n"
        filename = source.piece()[:400].hex() if source.flag() else None
        fields.append((name, filename, source.piece().replace(BOUNDARY.encode(), b"")))
    body = b""
    for name, filename, content in fields:
        file = "" if filename is None else f'; filename="{filename}"'
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    body += f"--{BOUNDARY}--\r\n".encode()
    found = [(part.name, part.filename, part.content) for part in multipart.split(body, TYPE, 20)]
    assert found == fields
