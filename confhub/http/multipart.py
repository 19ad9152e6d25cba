"""Multipart: a whole body of `multipart/form-data` (RFC 7578) as its parts, in one pass over its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

PART_HEAD_MAX_BYTES = 4096
"""Of one part: two or three headers, one with a file's name."""
BOUNDARY_MAX_CHARS = 70
"""RFC 2046, 5.1.1."""


class MultipartBroken(Exception):
    """The bytes are no form, or one with too many parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field; `filename` None where it is no file."""

    name: str
    filename: str | None
    content: bytes


def split(body: bytes, content_type: str, parts_max: int) -> list[Part]:
    """The parts in order. Raises MultipartBroken."""
    boundary = _parameters(content_type)[1].get("boundary", "")
    if (
        len(content_type) > PART_HEAD_MAX_BYTES
        or not 0 < len(boundary) <= BOUNDARY_MAX_CHARS
        or not boundary.isascii()
    ):
        raise MultipartBroken("no boundary")
    line = b"--" + boundary.encode()
    if not body.startswith(line):
        raise MultipartBroken("it does not begin with its boundary")
    parts: list[Part] = []
    at = len(line)
    while body[at : at + 2] != b"--":
        if body[at : at + 2] != b"\r\n" or len(parts) >= parts_max:
            raise MultipartBroken("too many parts, or a broken boundary")
        head_end = body.find(b"\r\n\r\n", at + 2, at + 6 + PART_HEAD_MAX_BYTES)
        end = body.find(b"\r\n" + line, head_end + 2) if head_end >= 0 else -1
        if end < 0:
            raise MultipartBroken("a part without an end")
        parts.append(_part(body[at + 2 : head_end], body[head_end + 4 : end]))
        at = end + 2 + len(line)
    return parts


def _part(head: bytes, content: bytes) -> Part:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        raise MultipartBroken("a part's headers are not UTF-8") from None
    for line in text.split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            kind, found = _parameters(value)
            if kind != "form-data" or not found.get("name"):
                break
            return Part(found["name"], found.get("filename"), content)
    raise MultipartBroken("a part without a name")


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    """`form-data; name="a"; filename="b"`: browsers write `"` and line ends inside as %22, %0D, %0A; other
    programs `\\"`, or the whole name as RFC 5987 has it (`filename*=UTF-8''b`)."""
    kind, *rest = _items(value)
    found: dict[str, str] = {}
    for item in rest:
        key, equals, text = item.partition("=")
        key, text = key.strip().lower(), text.strip()
        if not equals:
            continue
        if len(text) >= 2 and text[0] == text[-1] == '"':
            text = text[1:-1].replace('\\"', '"').replace("%22", '"').replace("%0D", "").replace("%0A", "")
        elif key.endswith("*") and text.lower().startswith("utf-8''"):
            key, text = key[:-1], unquote(text[7:])
        found.setdefault(key, text)
    return kind.strip().lower(), found


def _items(value: str) -> list[str]:
    """Split at the semicolons outside quotes, in one pass."""
    items, begin, quoted, before = [], 0, False, ""
    for at, character in enumerate(value):
        if character == '"' and before != "\\":
            quoted = not quoted
        elif character == ";" and not quoted:
            items.append(value[begin:at])
            begin = at + 1
        before = character
    return [*items, value[begin:]]
