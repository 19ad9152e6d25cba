"""Protobuf messages made of an input's bytes: every field of a message type, of the right kind, any value."""

from __future__ import annotations

import struct
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Field

from fuzz.source import Source

_MAX_DEPTH = 4
_MAX_REPEATED = 4


def fill(message: Any, source: Source, texts: list[str], depth: int = 0) -> None:
    """Sets some fields. `texts`: names that mean something at this moment, chosen now and then."""
    fields = message.DESCRIPTOR.fields
    for _ in range(source.number() % 8):
        if source.is_empty or not fields:
            return
        _set(message, source.pick(fields), source, texts, depth)


def _set(message: Any, field: Any, source: Source, texts: list[str], depth: int) -> None:
    value = getattr(message, field.name)
    if field.message_type is not None:
        if field.message_type.GetOptions().map_entry:
            _set_map(value, field.message_type, source, texts)
        elif depth < _MAX_DEPTH:
            if not field.is_repeated:
                value.SetInParent()
            fill(value.add() if field.is_repeated else value, source, texts, depth + 1)
    elif field.is_repeated:
        value.extend(scalar(field, source, texts) for _ in range(source.number() % _MAX_REPEATED))
    else:
        setattr(message, field.name, scalar(field, source, texts))


def _set_map(value: Any, entry: Any, source: Source, texts: list[str]) -> None:
    key = scalar(entry.fields_by_name["key"], source, texts)
    inner = entry.fields_by_name["value"]
    if inner.message_type is None:
        value[key] = scalar(inner, source, texts)
    else:
        fill(value[key], source, texts, _MAX_DEPTH)


def scalar(field: Any, source: Source, texts: list[str]) -> Any:
    """A value the field can hold."""
    return _SCALARS[field.type](source, texts)


def _text(source: Source, texts: list[str]) -> str:
    how = source.number()
    if how < 160:
        return texts[how % len(texts)]
    if how < 250:
        return source.take(how % 32).decode("utf-8", "ignore")
    return "é" * (1 << how % 16)


def _float(source: Source, texts: list[str]) -> float:
    return float(struct.unpack("!f", source.take(4).ljust(4, b"\0"))[0])


_SCALARS = {
    Field.TYPE_STRING: _text,
    Field.TYPE_BYTES: lambda source, texts: source.take(source.number() % 40),
    Field.TYPE_BOOL: lambda source, texts: source.flag(),
    Field.TYPE_INT32: lambda source, texts: source.signed(4 if source.flag() else 1),
    Field.TYPE_INT64: lambda source, texts: source.signed(8 if source.flag() else 1),
    Field.TYPE_SINT32: lambda source, texts: source.signed(4),
    Field.TYPE_SINT64: lambda source, texts: source.signed(8),
    Field.TYPE_UINT32: lambda source, texts: source.number(4 if source.flag() else 1),
    Field.TYPE_UINT64: lambda source, texts: source.number(8 if source.flag() else 1),
    Field.TYPE_FIXED32: lambda source, texts: source.number(4),
    Field.TYPE_FIXED64: lambda source, texts: source.number(8),
    Field.TYPE_ENUM: lambda source, texts: source.number() % 8,
    Field.TYPE_FLOAT: _float,
    Field.TYPE_DOUBLE: _float,
}
