"""Prometheus' text format, and who may read it: what the pages of hub and relay share."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def refusal(token: str | None, authorization: str) -> tuple[int, str] | None:
    """(HTTP status, reason) for a request without the right bearer token, or where none is set; else None."""
    if not token:
        return 404, "metrics are off: set CONFHUB_METRICS_TOKEN"
    given = authorization.removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(errors="replace"), token.encode()):
        return 401, "a bearer token is needed"
    return None


def head(name: str, kind: str, text: str) -> str:
    """The two lines before a metric's values; `kind` is "counter" or "gauge"."""
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def plain(name: str, kind: str, text: str, value: float) -> str:
    """A metric of one value without labels."""
    return f"{head(name, kind, text)}{name} {value}\n"


def histogram(name: str, text: str, bounds: Sequence[float], counts: Sequence[int], total: float) -> str:
    """`counts[i]` values were at most `bounds[i]` and above the bound before; the last ones are beyond all.
    `total` is the sum of the values."""
    up_to = list(accumulate(counts))
    lines = [
        f'{name}_bucket{{le="{bound}"}} {count}\n' for bound, count in zip(bounds, up_to[:-1], strict=True)
    ]
    lines += [f'{name}_bucket{{le="+Inf"}} {up_to[-1]}\n', f"{name}_sum {round(total, 6)}\n"]
    return head(name, "histogram", text) + "".join(lines) + f"{name}_count {up_to[-1]}\n"
