"""What the post refuses, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, NotFound


class ParcelUnknown(NotFound):
    code = "parcel_unknown"
    message = "There is no such consignment, or it is outside your branch."


class ParcelSent(Conflict):
    code = "parcel_sent"
    message = "This has been sent already."


class ParcelGivenUp(Conflict):
    code = "parcel_given_up"
    message = "This has been given up already."
    remedy = "Send it again if it is to go after all."
