"""Answer sections: what the relay writes for each m= section of a client's offer, and what the media plane
is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from confhub.relay.forward.specs import (
    PUBLISHER_EXTENSIONS,
    REPAIRED_RID_URI,
    RID_URI,
    SUBSCRIBER_EXTENSIONS,
    DownSpec,
    UpSpec,
)
from confhub.relay.room.tracks import codecs
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.room.tracks.subscription import Subscription
from confhub.relay.transport.peer import MAX_MESSAGE_BYTES, PeerTransport
from confhub.relay.wire.sdp import Candidate, Codec, Direction, MediaSection, Rid, SessionDescription

_ANY_EXTENSIONS = tuple(dict.fromkeys((*PUBLISHER_EXTENSIONS, *SUBSCRIBER_EXTENSIONS)))


def extensions(section: MediaSection, uris: Iterable[str]) -> dict[int, str]:
    """The offered header extensions that are among ours, under the offer's ids."""
    wanted = set(uris)
    return {number: uri for number, uri in section.extmap.items() if uri in wanted}


def _skeleton(section: MediaSection, direction: Direction, chosen: Sequence[Codec]) -> MediaSection:
    return MediaSection(
        kind=section.kind,
        mid=section.mid,
        protocol=section.protocol,
        formats=[str(codec.pt) for codec in chosen],
        direction=direction,
        codecs={codec.pt: codec for codec in chosen},
        extmap_allow_mixed=section.extmap_allow_mixed,
        rtcp_mux=True,
        rtcp_rsize=section.rtcp_rsize,
    )


def idle(section: MediaSection) -> MediaSection:
    """No media for now. Extensions are accepted all the same: Chrome refuses to add them to a section
    later."""
    chosen = [codecs.answer_copy(codec) for codec in codecs.idle(section)]
    answer = _skeleton(section, Direction.INACTIVE, chosen)
    answer.extmap = extensions(section, _ANY_EXTENSIONS)
    if not chosen:
        answer.formats = section.formats[:1] or ["0"]
        answer.port = 0
    return answer


def application(section: MediaSection) -> MediaSection:
    """The data channels' section."""
    return MediaSection(
        kind="application",
        mid=section.mid,
        protocol=section.protocol,
        formats=["webrtc-datachannel"],
        sctp_port=5000,
        max_message_size=MAX_MESSAGE_BYTES,
    )


def refused(section: MediaSection) -> MediaSection:
    """A kind of section that is not spoken here."""
    answer = MediaSection(kind=section.kind, mid=section.mid, port=0, protocol=section.protocol)
    answer.formats = section.formats[:1] or ["0"]
    answer.direction = Direction.INACTIVE
    return answer


def publishing(section: MediaSection, publication: Publication, codec: Codec) -> MediaSection:
    """Take the publisher's media: one codec, its simulcast layers by rid; redundancy before its Opus, as
    clients send what comes first."""
    chosen = []
    for offered in _sent(section, publication, codec):
        fmtp = codecs.opus_fmtp(offered, publication) if offered.key == "opus" else None
        chosen.append(codecs.answer_copy(offered, fmtp))
    answer = _skeleton(section, Direction.RECVONLY, chosen)
    answer.extmap = extensions(section, PUBLISHER_EXTENSIONS)
    layers = send_rids(section)
    if layers:
        answer.rids = [Rid(rid, "recv") for rid in layers]
        answer.simulcast_recv = layers
    return answer


def _sent(section: MediaSection, publication: Publication, codec: Codec) -> list[Codec]:
    """The codec with its retransmission or redundancy."""
    redundant = codecs.redundancy(section, codec) if publication.wants_redundancy else None
    return codecs.with_rtx(section, codec) if redundant is None else [redundant, codec]


def send_rids(section: MediaSection) -> list[str]:
    """The offered simulcast layers, in the offer's order."""
    return section.simulcast_send or [rid.id for rid in section.rids if rid.direction == "send"]


def up_spec(section: MediaSection, publication: Publication, codec: Codec) -> UpSpec:
    """How the publisher's packets of that section are known and read."""
    rtx_ssrcs = {
        g.ssrcs[1]: g.ssrcs[0] for g in section.ssrc_groups if g.semantics == "FID" and len(g.ssrcs) == 2
    }
    sim = next((g.ssrcs for g in section.ssrc_groups if g.semantics == "SIM"), ())
    return UpSpec(
        track_id=publication.sid,
        kind=section.kind,
        mid=section.mid,
        payloads=codecs.payloads(_sent(section, publication, codec)),
        extmap=extensions(section, PUBLISHER_EXTENSIONS),
        ssrcs=[ssrc for ssrc in section.ssrcs if ssrc not in rtx_ssrcs],
        rtx_ssrcs=rtx_ssrcs,
        sim_ssrcs=sim,
        rids=send_rids(section),
        spatial_layers=publication.declared_layers(codec.key),
    )


def sending(section: MediaSection, subscription: Subscription, chosen: Sequence[Codec]) -> MediaSection:
    """Send a subscribed track, in any of its codecs, in a section the client keeps for receiving.

    Both rids are accepted but not written in packets: Chromium leaves an extension that one section
    refused out of its later offers, and then cannot publish simulcast.
    """
    answer = _skeleton(section, Direction.SENDONLY, [codecs.answer_copy(codec) for codec in chosen])
    answer.extmap = extensions(section, (*SUBSCRIBER_EXTENSIONS, RID_URI, REPAIRED_RID_URI))
    name_track(answer, subscription)
    return answer


def both(publishing: MediaSection, sending: MediaSection) -> MediaSection:
    """One section for a track each way, of the answers for either: pion publishes in a section that receives
    already, as JSEP (RFC 8829, 5.5.2) allows."""
    for one, other in ((publishing, sending), (sending, publishing)):
        if one.direction is Direction.INACTIVE:
            return other
    publishing.direction = Direction.SENDRECV
    publishing.codecs = publishing.codecs | {
        pt: codec for pt, codec in sending.codecs.items() if pt not in publishing.codecs
    }
    publishing.formats = [str(pt) for pt in publishing.codecs]
    publishing.extmap = sending.extmap | publishing.extmap
    publishing.msid, publishing.ssrcs = sending.msid, sending.ssrcs
    return publishing


def name_track(section: MediaSection, subscription: Subscription) -> None:
    """msid and ssrc lines by which clients find participant and track."""
    publication = subscription.publication
    stream = f"{publication.owner.sid}|{publication.sid}"
    section.msid = (stream, publication.sid)
    section.ssrcs = {
        subscription.ssrc: {"cname": publication.owner.sid, "msid": f"{stream} {publication.sid}"},
    }


def down_spec(section: MediaSection, subscription: Subscription, chosen: Sequence[Codec]) -> DownSpec:
    """What the media plane writes into that section."""
    return DownSpec(
        ssrc=subscription.ssrc,
        payloads=codecs.payloads(chosen),
        extmap=extensions(section, SUBSCRIBER_EXTENSIONS),
        cname=subscription.publication.owner.sid,
        mid=section.mid,
    )


def complete(
    description: SessionDescription, transport: PeerTransport, candidates: Sequence[Candidate], setup: str
) -> None:
    """Credentials, fingerprint and candidates of ours in every section, and the BUNDLE group over all of
    them."""
    description.ice_lite = True
    description.msid_semantic = "WMS *"
    for section in description.sections:
        section.ice_ufrag = transport.ice_ufrag
        section.ice_pwd = transport.ice_pwd
        section.fingerprints = list(transport.fingerprints)
        section.setup = setup
        if section.port:
            section.candidates = list(candidates)
            section.end_of_candidates = True
    description.bundle = [section.mid for section in description.sections if section.port]
