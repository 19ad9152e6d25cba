"""What can go wrong with endpoints, pairing codes, credentials, tickets and imports."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooMany, Unauthenticated


class EndpointNotFound(NotFound):
    code = "endpoint_not_found"
    message = "There is no such endpoint, or it is outside your branch."


class PhoneInvalid(Invalid):
    code = "phone_invalid"
    message = "This is not a telephone number."
    remedy = "Write digits, optionally with + ( ) - . and spaces, at most {limit} characters."


class EndpointRetired(Conflict):
    code = "endpoint_retired"
    message = "This endpoint is out of use."
    remedy = "Bring it back into use first."


class PairingCodeUnknown(NotFound):
    code = "pairing_code_unknown"
    message = "This pairing code is not known."
    remedy = "Check the twelve characters on the sheet; they never contain 0, O, 1 or I."


class PairingCodeUsed(Conflict):
    code = "pairing_code_used"
    message = "This pairing code has been used already."
    remedy = "Ask an administrator for a new code if this machine is not paired."


class PairingCodeExpired(Gone):
    code = "pairing_code_expired"
    message = "This pairing code has expired."
    remedy = "Ask an administrator for a new code."


class PairingCodeRevoked(Forbidden):
    code = "pairing_code_revoked"
    message = "This pairing code has been revoked."
    remedy = "Ask an administrator for a new code, and use the newest one."


class PairingPlacesTaken(TooMany):
    """As many machines of this network, or of all, wait as may."""

    code = "pairing_places_taken"
    message = "Too many machines are waiting to be paired."
    remedy = "Wait {retry_after_s} seconds, or pair the machine with a code made on its endpoint's page."


class PairingTooFast(TooMany):
    """RFC 8628's slow_down."""

    code = "slow_down"
    message = "This machine asks too often."
    remedy = "Wait {retry_after_s} seconds between two questions."


class PairingRequestGone(Gone):
    """Unknown, expired or used up: the machine asks anew in each case."""

    code = "pairing_request_expired"
    message = "The code on the screen has expired or has been used."
    remedy = "The machine asks for a new code by itself."


class PairingRequestRefused(Forbidden):
    code = "pairing_request_refused"
    message = "The pairing of this machine was refused."
    remedy = "Ask the administrator, and start the machine's program again for a new code."


class ScreenCodeUnknown(NotFound):
    code = "screen_code_unknown"
    message = "No waiting machine shows this code."
    remedy = "Check the eight letters on the room's screen; a code is valid for ten minutes and works once."


class ScreenCodeTaken(Conflict):
    code = "screen_code_taken"
    message = "The machine that shows this code has been assigned already."
    remedy = "Look at the room's screen: it goes on by itself, or shows a new code."


class CredentialUnknown(Unauthenticated):
    code = "credential_unknown"
    message = "This machine is not paired with an endpoint."
    remedy = "Pair it with a code: confhub-endpoint pair CODE --hub URL."


class CredentialRevoked(Forbidden):
    code = "credential_revoked"
    message = "This machine's pairing has been revoked."
    remedy = "Ask an administrator for a new pairing code."


class TicketInvalid(Gone):
    code = "ticket_invalid"
    message = "This ticket has been used or has expired."
    remedy = "The room's program opens a new one by itself; start it again if it does not."


class ImportDraftGone(Gone):
    code = "import_draft_gone"
    message = "The preview of this file has been applied already or is too old."
    remedy = "Choose the file again."


class PreviewStale(Conflict):
    code = "import_preview_stale"
    message = "Units or endpoints have changed since the preview."
    remedy = "Look at the new preview and apply that one."


class ChoiceImpossible(Invalid):
    code = "import_choice"
    message = "This is not one of the choices."
