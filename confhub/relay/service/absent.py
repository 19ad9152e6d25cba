"""What a LiveKit server or its satellites do and this relay does not: refused by its name, at once."""

from __future__ import annotations

from livekit.protocol import room as api

SERVICES = {
    "Egress": "recording and streaming out (egress)",
    "Ingress": "streaming in (ingress: RTMP, WHIP, URL)",
    "SIP": "telephony (SIP)",
    "AgentDispatchService": "the dispatch of agents",
    "Connector": "connectors to telephony (WhatsApp, Twilio)",
    "PhoneNumberService": "phone numbers",
    "CloudAgent": "hosted agents",
    "AgentSimulation": "hosted agents",
}
"""Twirp services of the package `livekit`, and what they are for."""

METHODS = {
    "ForwardParticipant": "forwarding a participant to another room",
    "MoveParticipant": "moving a participant to another room",
    "PerformRpc": "calling a participant's RPC method from the server; participants call each other",
}
"""Methods of RoomService that are not here."""

PATHS = {
    "/agent": SERVICES["AgentDispatchService"],
    "/whip": SERVICES["Ingress"],
    "/sip": SERVICES["SIP"],
}
"""Paths, and what is beneath them, where workers and clients ask by plain HTTP."""


def sentence(what: str) -> str:
    """The refusal, for people."""
    return f"this relay does not have {what}"


def of_service(service: str, method: str) -> str | None:
    """What a Twirp method that is not here is for; None where nobody knows it."""
    package, _, name = service.rpartition(".")
    if package != "livekit":
        return None
    return METHODS.get(method) if name == "RoomService" else SERVICES.get(name)


def of_path(path: str) -> str | None:
    """The same for a plain path."""
    for known, what in PATHS.items():
        if path == known or path.startswith(f"{known}/"):
            return what
    return None


def of_room(request: api.CreateRoomRequest) -> str | None:
    """What a room is wished with that is not here."""
    if request.HasField("egress"):
        return SERVICES["Egress"]
    return SERVICES["AgentDispatchService"] if request.agents else None
