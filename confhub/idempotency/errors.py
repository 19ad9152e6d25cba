"""What can be wrong with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, TooMany


class KeyInvalid(Invalid):
    code = "idempotency_key_invalid"
    message = "The Idempotency-Key cannot be read."
    remedy = "Send 1 to {max_chars} printable ASCII characters, such as a UUID, a new one for each request."


class KeyReused(Invalid):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for another request."
    remedy = "Send a new key with each new request, and the same one only with the same body."


class KeyInProgress(Conflict):
    """The first request of that key has not been answered yet."""

    code = "idempotency_key_in_progress"
    message = "The first request with this Idempotency-Key is still being carried out."
    remedy = "Wait, and send it again; where it stays so, look whether the first one was carried out."


class TooManyKeys(TooMany):
    """More keys than are kept for an account."""

    code = "too_many_idempotency_keys"
    message = "Too many Idempotency-Keys were used in a day."
    remedy = "Send requests without one, or wait {retry_after_s} s."
