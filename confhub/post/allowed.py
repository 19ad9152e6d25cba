"""To whom letters may go: the operator's bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from confhub.kernel.errors import Invalid


class RecipientForbidden(Invalid):
    """An address outside of what the operator allows."""

    code = "recipient_forbidden"
    message = "Letters may not go to {value}."
    remedy = (
        "Only addresses of {allowed} are allowed. The operator of the hub can allow others (--mail-domains)."
    )


def check_allowed(recipients: Iterable[str], allowed: Sequence[str], field: str = "recipients") -> None:
    """`allowed`: domains, each with those below it, and single addresses. Raises RecipientForbidden."""
    for address in recipients:
        lowered = address.lower()
        host = lowered.rpartition("@")[2]
        if not any(one in (lowered, host) or host.endswith(f".{one}") for one in allowed):
            raise RecipientForbidden(field=field, value=address[:60], allowed=", ".join(allowed[:10]) or "–")
