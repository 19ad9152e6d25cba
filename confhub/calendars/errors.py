"""What feeds and letters refuse, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Invalid, NotFound, TooMany


class AddressInvalid(Invalid):
    code = "contact_address_invalid"
    message = "This is not an e-mail address of at most {limit} characters."
    remedy = "Write one address on one line, such as vanphong@example.vn, or leave the field empty."


class FeedUnknown(NotFound):
    """There is none with this token, it was revoked or renewed, or its maker's account is closed."""

    code = "feed_unknown"
    message = "This calendar link is not valid, or no longer."
    remedy = "Make a new one in your account, or ask whoever gave it to you."


class FeedTooOften(TooMany):
    code = "feed_too_often"
    message = "This calendar is asked for too often."
    remedy = "Ask again in {retry_after_s} seconds; once an hour is enough."
