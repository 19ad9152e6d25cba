"""The client offers, the relay answers: v1's one connection, and the publisher connection of v0.

A receiving section of the client is free -> taken (a subscription) -> dirty (it ended) -> free again, once
an answer
has shown it inactive; a new track put into a dirty section would look like a continuation of the old one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from livekit.protocol import models, rtc

from confhub.relay.forward.router import DownTrack, MediaPeer
from confhub.relay.room.negotiation import sections
from confhub.relay.room.negotiation.connecting import connect, credentials, setup_of
from confhub.relay.room.negotiation.names import Names
from confhub.relay.room.participant import Participant
from confhub.relay.room.tracks import codecs, encodings, publishing
from confhub.relay.room.tracks.publication import Backup, Publication
from confhub.relay.room.tracks.subscription import Subscription
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import sdp
from confhub.relay.wire.sdp import Candidate, Codec, Direction, MediaSection, SessionDescription

log = logging.getLogger(__name__)

_LOSES_EARLY_MEDIA = frozenset({models.ClientInfo.SDK.UNKNOWN, models.ClientInfo.SDK.GO})
"""Built on pion, or perhaps: it keeps a stream's first packets only where the answer that names the stream
has been set before they come; else it looks through up to eleven of them for a simulcast id and drops
them."""
_SENDS = (Direction.SENDONLY, Direction.SENDRECV)
_RECEIVES = (Direction.RECVONLY, Direction.SENDRECV)


class Answerer:
    """Answers offers on one transport. `receives` is False where subscriptions have a connection of their
    own."""

    def __init__(
        self,
        participant: Participant,
        transport: PeerTransport,
        peer: MediaPeer,
        candidates: Sequence[Candidate],
        *,
        receives: bool,
    ) -> None:
        self._participant = participant
        self._transport = transport
        self._peer = peer
        self._candidates = candidates
        self._receives = receives
        self._ufrag = ""
        self._taken: dict[str, Subscription] = {}
        self._held: list[DownTrack] = []  # begun by the answer that is being made
        self._dirty: set[str] = set()
        self._names = Names(participant)
        self._unclaimed: dict[str, MediaSection] = {}
        self._asked: tuple[int, int, int] | None = None
        self._section_count = 0
        self._free_kinds = {"audio": 0, "video": 0}
        self._version = 0
        self._offered = False

    def answer(self, message: rtc.SessionDescription) -> None:
        """Read an offer, take and give tracks accordingly, send the answer. Raises SdpError."""
        offer = sdp.parse(message.sdp)
        self._offered = True
        self._connect(offer)
        self._release_closed()
        answer = SessionDescription(session_version=self._next_version())
        self._names.learn(filter(self._is_publishing, offer.sections))
        self._retire_publications(offer)
        answers = {s.mid: self._publishing_section(s) for s in offer.sections if self._is_publishing(s)}
        for section in offer.sections:
            if section.mid in answers and section.mid in self._taken:
                kept = self._keep(section, self._taken[section.mid])
                answers[section.mid] = sections.both(answers[section.mid], kept)
        answers.update(self._receiving_sections([s for s in offer.sections if s.mid not in answers]))
        answer.sections = [answers[section.mid] for section in offer.sections]
        sections.complete(answer, self._transport, self._candidates, setup_of(self._transport))
        self._section_count = len(offer.sections)
        self._send(message.id, answer)
        self._release_when_read()
        if not self._waiting() or (self._asked is not None and self._asked[2] != self._section_count):
            self._asked = None
        self.request_sections()

    def claim(self, cids: Sequence[str]) -> None:
        """add_track came after its section was offered: publish it now."""
        for cid in cids:
            section = self._unclaimed.pop(cid, None)
            if section is not None:
                self._publish(section, cid)

    def request_sections(self) -> None:
        """Ask the client to offer again, with as many more receiving sections as waiting subscriptions
        need."""
        if not self._receives or not self._offered:
            return
        waiting = self._waiting()
        if not waiting and not self._has_ended():
            return
        free = self._free_kinds
        audios = max(0, sum(s.publication.kind == "audio" for s in waiting) - free["audio"])
        videos = max(0, sum(s.publication.kind == "video" for s in waiting) - free["video"])
        wish = (audios, videos, self._section_count)
        if self._asked == wish:
            return
        self._asked = wish
        requirement = rtc.MediaSectionsRequirement(num_audios=audios, num_videos=videos)
        self._participant.send(rtc.SignalResponse(media_sections_requirement=requirement))

    def resume(self) -> None:
        """What was asked for may have been lost: the next offer is looked at anew."""
        self._asked = None

    def _next_version(self) -> int:
        self._version += 1
        return self._version

    def _connect(self, offer: SessionDescription) -> None:
        """ICE restarts, DTLS start and SCTP as the offer asks."""
        ufrag, _ = credentials(offer)
        if self._ufrag and ufrag != self._ufrag:
            self._transport.restart_ice()
        self._ufrag = ufrag
        connect(self._transport, offer, "offer")

    # publishing

    def _is_publishing(self, section: MediaSection) -> bool:
        return section.kind in ("audio", "video") and section.direction in _SENDS and section.msid is not None

    def _retire_publications(self, offer: SessionDescription) -> None:
        """Tracks whose section stopped sending, or carries another track now, are unpublished."""
        for publication in list(self._participant.publications.values()):
            section = offer.section(publication.mid or "")
            if section is None:
                continue
            if not self._is_publishing(section) or self._names.cid(section) not in publication.cids:
                publishing.unpublish(self._participant, publication)
            else:
                self._retire_backups(offer, publication)

    def _retire_backups(self, offer: SessionDescription, publication: Publication) -> None:
        """Backup codecs whose section stopped sending end; their viewers wait for another one."""
        ended = [
            cid
            for cid, backup in publication.backups.items()
            if (section := offer.section(backup.mid)) is not None and not self._is_publishing(section)
        ]
        for cid in ended:
            publication.backups.pop(cid).up.close()
        if ended:
            encodings.settle(self._participant, publication)

    def _publishing_section(self, section: MediaSection) -> MediaSection:
        cid = self._names.cid(section)
        publication = self._find(section, cid)
        if publication is None:
            self._unclaimed[cid] = section
            return self._early_section(section)
        codec = codecs.for_publishing(section, publication, cid)
        if codec is None:
            publishing.unpublish(self._participant, publication, tell=True)
            return sections.idle(section)
        if not self._take(section, publication, codec, cid):
            return sections.idle(section)
        return sections.publishing(section, publication, codec)

    def _find(self, section: MediaSection, cid: str) -> Publication | None:
        candidates = self._participant.tracks_by_cid(cid)
        published = [p for p in candidates if p.mid == section.mid]
        return next(iter(published or candidates), None)

    def _early_section(self, section: MediaSection) -> MediaSection:
        """No add_track yet: answered as it will be, so that the client need not offer again."""
        placeholder = Publication.unnamed(self._participant, section.kind)
        codec = codecs.for_publishing(section, placeholder, "")
        return sections.idle(section) if codec is None else sections.publishing(section, placeholder, codec)

    def _publish(self, section: MediaSection, cid: str) -> None:
        publication = self._find(section, cid)
        if publication is None:
            return
        codec = codecs.for_publishing(section, publication, "")
        if codec is not None:
            self._take(section, publication, codec, cid)

    def _take(self, section: MediaSection, publication: Publication, codec: Codec, cid: str) -> bool:
        """Tell the media plane; attach the publication when its first section is known."""
        spec = sections.up_spec(section, publication, codec)
        now_s = self._participant.now()
        added = False
        try:
            if publication.mid == section.mid and publication.up is not None:
                publication.up.update(spec, now_s)
            elif publication.up is None:
                up = self._peer.publish(spec, now_s, publication, is_open=publication.may_flow)
                publishing.attach(
                    self._participant, publication, up, section.mid, codecs.mime_type(section.kind, codec)
                )
                publication.codec = codec
                has_red = any(payload.name == "red" for payload in spec.payloads)
                publication.redundant_pt = codec.pt if has_red else 0
            elif cid in publication.backups:
                publication.backups[cid].up.update(spec, now_s)
            else:
                up = self._peer.publish(spec, now_s, publication, is_open=publication.may_flow)
                publication.backups[cid] = Backup(up, codec, section.mid)
                publishing.note_backup(publication, cid, section.mid, codecs.mime_type(section.kind, codec))
                added = True
        except ValueError as error:
            log.warning("track %s of %s refused: %s", publication.sid, self._participant.sid, error)
            return False
        if added:
            encodings.settle(self._participant, publication)
        return True

    # receiving

    def _waiting(self) -> list[Subscription]:
        if not self._receives:
            return []
        subscriptions = self._participant.subscriptions.values()
        return [s for s in subscriptions if s.down is None and s.allowed and not s.refused]

    def _has_ended(self) -> bool:
        """Does a section still show a subscription that ended?"""
        return any(self._is_over(subscription) for subscription in self._taken.values())

    def _is_over(self, subscription: Subscription) -> bool:
        known = self._participant.subscriptions.get(subscription.publication.sid)
        return known is not subscription or subscription.down is None

    def _release_closed(self) -> None:
        """Sections of subscriptions that ended become dirty."""
        for mid, subscription in list(self._taken.items()):
            if self._is_over(subscription):
                del self._taken[mid]
                self._dirty.add(mid)

    def _receiving_sections(self, offered: list[MediaSection]) -> dict[str, MediaSection]:
        answers: dict[str, MediaSection] = {}
        free: dict[str, list[MediaSection]] = {"audio": [], "video": []}
        for section in offered:
            if section.kind == "application":
                answers[section.mid] = (
                    sections.application(section) if section.port else sections.refused(section)
                )
            elif section.kind not in free:
                answers[section.mid] = sections.refused(section)
            elif section.mid in self._taken:
                answers[section.mid] = self._keep(section, self._taken[section.mid])
            else:
                answers[section.mid] = sections.idle(section)
                if section.mid not in self._dirty and section.direction in _RECEIVES and section.port:
                    free[section.kind].append(section)
        self._dirty.clear()
        self._place(free, answers)
        self._free_kinds = {kind: len(left) for kind, left in free.items()}
        return answers

    def _keep(self, section: MediaSection, subscription: Subscription) -> MediaSection:
        chosen = self._chosen(section, subscription)
        if not chosen or section.direction not in _RECEIVES or subscription.down is None:
            return sections.idle(section)
        subscription.down.update(sections.down_spec(section, subscription, chosen), self._participant.now())
        return sections.sending(section, subscription, chosen)

    def _chosen(self, section: MediaSection, subscription: Subscription) -> list[Codec]:
        publication = subscription.publication
        return codecs.for_copy(section, encodings.offered(publication), publication.redundant_pt)

    def _place(self, free: dict[str, list[MediaSection]], answers: dict[str, MediaSection]) -> None:
        """Give waiting subscriptions the free sections of their kind."""
        for subscription in self._waiting():
            places = free[subscription.publication.kind]
            if not places:
                continue
            answer = self._start(places[0], subscription)
            if answer is not None:
                answers[places[0].mid] = answer
                places.pop(0)

    def _start(self, section: MediaSection, subscription: Subscription) -> MediaSection | None:
        publication = subscription.publication
        chosen = self._chosen(section, subscription)
        if not chosen or not publication.is_available:
            refuse(self._participant, subscription)
            return None
        subscription.ssrc = self._peer.new_ssrc()
        spec = sections.down_spec(section, subscription, chosen)
        is_held = self._participant.client.sdk in _LOSES_EARLY_MEDIA
        encodings.start(self._peer, self._participant, subscription, spec, is_held=is_held)
        if is_held and subscription.down is not None:
            self._held.append(subscription.down)
        subscription.mid = section.mid
        self._taken[section.mid] = subscription
        return sections.sending(section, subscription, chosen)

    def _release_when_read(self) -> None:
        """What this answer began flows as soon as the client has the answer."""
        held, self._held = self._held, []
        link = self._participant.link

        def release() -> None:
            for down in held:
                down.release(self._participant.now())

        if held and link is not None:
            link.when_read(release)
        else:
            release()

    def _send(self, offer_id: int, answer: SessionDescription) -> None:
        message = rtc.SessionDescription(type="answer", sdp=sdp.serialize(answer), id=offer_id)
        for publication in self._participant.publications.values():
            if publication.mid is not None:
                message.mid_to_track_id[publication.mid] = publication.sid
        for mid, subscription in self._taken.items():
            message.mid_to_track_id[mid] = subscription.publication.sid
        self._participant.send(rtc.SignalResponse(answer=message))


def refuse(viewer: Participant, subscription: Subscription) -> None:
    """The viewer cannot decode the track; it is told once."""
    if subscription.refused:
        return
    subscription.refused = True
    response = rtc.SubscriptionResponse(
        track_sid=subscription.publication.sid,
        err="SE_CODEC_UNSUPPORTED",
    )
    viewer.send(rtc.SignalResponse(subscription_response=response))
