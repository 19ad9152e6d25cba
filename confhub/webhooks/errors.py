"""What can go wrong with webhooks."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound


class HookUnknown(NotFound):
    """There is no such webhook, or it is another unit's."""

    code = "webhook_not_found"


class UrlInvalid(Invalid):
    code = "webhook_url_invalid"
    message = "This is no address that can be called."
    remedy = "Write it as https://host/path, without a user name, a password or a #."


class UrlInside(Invalid):
    """An address that the operator has not opened."""

    code = "webhook_url_inside"
    message = (
        "Webhooks may not go to this address: it lies inside a network of this house, or is not encrypted."
    )
    remedy = (
        "Use a public address with https. The operator of the hub can open networks of the house "
        "(--webhook-networks); http is allowed there only."
    )


class TopicsMissing(Invalid):
    code = "webhook_topics_missing"
    message = "Nothing is chosen that could be told."
    remedy = "Choose at least one topic."


class TooManyHooks(Conflict):
    code = "too_many_webhooks"
    message = "This unit has {max_count} webhooks already."
    remedy = "Remove one that is not used any more."


class HookOff(Conflict):
    code = "webhook_off"
    message = "This webhook is switched off."
    remedy = "Switch it on first."
