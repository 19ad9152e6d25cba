"""What a client's offer calls its tracks: the cid of add_track, or a name of its own (Firefox's: random)."""

from __future__ import annotations

from collections.abc import Iterable

from confhub.relay.room.participant import Participant
from confhub.relay.wire.sdp import MediaSection


class Names:
    """Own names stand for the declared tracks of their kind that the offer shows under no other, in the order
    of their add_track; for as long as the name is offered and the track declared."""

    def __init__(self, participant: Participant) -> None:
        self._participant = participant
        self._aliases: dict[str, str] = {}

    def learn(self, sections: Iterable[MediaSection]) -> None:
        """All publishing sections of a new offer."""
        kinds = {section.msid[1]: section.kind for section in sections if section.msid is not None}
        known = [*self._participant.pending.values(), *self._participant.publications.values()]
        declared = {cid for publication in known for cid in publication.cids}
        self._aliases = {n: cid for n, cid in self._aliases.items() if n in kinds and cid in declared}
        shown = {*kinds, *self._aliases.values()}
        for kind in ("audio", "video"):
            own = [n for n, k in kinds.items() if k == kind and n not in declared and n not in self._aliases]
            self._aliases.update(zip(own, self._awaited(kind, shown), strict=False))

    def cid(self, section: MediaSection) -> str:
        """The cid that section's track was declared with; its own name while that is not known."""
        name = "" if section.msid is None else section.msid[1]
        return self._aliases.get(name, name)

    def _awaited(self, kind: str, shown: set[str]) -> list[str]:
        """Cids of that kind that no section shows: of tracks not published yet, then of backup codecs."""
        awaited = [cid for p in self._participant.pending.values() if p.kind == kind for cid in p.cids]
        for publication in self._participant.publications.values():
            if publication.kind == kind:
                awaited += [cid for cid in publication.cids[1:] if cid not in publication.backups]
        return [cid for cid in dict.fromkeys(awaited) if cid not in shown]
