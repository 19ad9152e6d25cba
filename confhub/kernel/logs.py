"""The log: one line an event on stderr, with credentials and phone numbers taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from confhub.kernel.repeats import Repeats

_SECRETS = re.compile(
    r"ep_[A-Za-z0-9_-]{16,}"  # a room's credential
    r"|eyJ[A-Za-z0-9_-]{8,400}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a JWT; its head is short
    r"|(?<=/feeds/)[\w-]+"  # a calendar's link
    r"|(?<=/r/)[\w-]{16,}"  # a unit's link to register
    r"|(?<=access_token=)[^&\s\"']+"
    r"|(?<=join_request=)[^&\s\"']+"
    r"|(?<=:)[^:@/\s]+(?=@)"  # the password in a database URL
)
_PRIVATE_KEYS = frozenset(
    {"password", "token", "secret", "credential", "ticket", "pairing_code", "phone", "cookie"}
)
_PHONE_KEYS = re.compile(r"phone|password|secret|credential|(^|_)token$")
TAKEN_OUT = "[taken out]"


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: no secret and no phone number leaves the process by its log."""
    for key, value in event.items():
        if key in _PRIVATE_KEYS or _PHONE_KEYS.search(key):
            event[key] = TAKEN_OUT
        elif isinstance(value, str):
            event[key] = _SECRETS.sub(TAKEN_OUT, value)
    return event


def configure(level: str = "info") -> None:
    """Send structlog's and the standard library's events to stderr alike. Call once, at start."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
            ),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aioice", "aiortc", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
