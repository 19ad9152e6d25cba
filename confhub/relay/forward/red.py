"""Opus with redundancy (RFC 2198): given on as it came to whoever takes it, as plain Opus to all others."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.ends import Layer, Track
from confhub.relay.forward.layer import UpLayer
from confhub.relay.forward.pictures import Picture
from confhub.relay.forward.specs import PayloadSpec, Quality
from confhub.relay.wire import red


class RedStream(UpLayer):
    """The stream. Its two forms have the same numbers and times."""

    def __init__(self, track: Track, ssrc: int) -> None:
        super().__init__(track, ssrc, Quality.HIGH)
        codecs = {codec.name: codec for codec in track.codecs}
        self._redundant = _Form(self, codecs["red"])
        plain = codecs.get("opus")
        self._plain = _Form(self, plain) if plain is not None else None
        self._plain_pt = plain.pt if plain is not None else 0
        self._forms = [form for form in (self._plain, self._redundant) if form is not None]

    def choices(self) -> Sequence[UpLayer]:
        """Plain first: of two of one quality a copy takes the last one that it can."""
        return self._forms

    def _deliver(self, cargo: Cargo, picture: Picture, is_newest: bool, arrival_s: float) -> None:
        is_red = self.codec is not None and self.codec.name == "red"
        for form in self._forms:
            if not form.is_taken and not form.waiting:
                continue
            payload = cargo.payload
            if is_red and form is self._plain:
                try:
                    pt, payload = red.primary(payload)
                except red.RedError:
                    continue
                if pt != self._plain_pt:
                    continue
            elif not is_red and form is self._redundant:
                payload = red.wrap(self._plain_pt, payload)
            own = Cargo(cargo.seq, cargo.timestamp, cargo.marker, payload)
            own.level = cargo.level
            form.give(own, picture, is_newest, arrival_s)

    def forget_packets(self) -> None:
        """Nothing sent before can be asked for again."""
        for form in self._forms:
            form.history.clear()


class _Form(UpLayer):
    """One way of writing the stream."""

    def __init__(self, stream: RedStream, codec: PayloadSpec) -> None:
        super().__init__(stream.track, stream.ssrc, Quality.HIGH)
        self.stream: Layer = stream
        self._whole = stream
        self.reception = stream.reception
        self.codec = codec

    def give(self, own: Cargo, picture: Picture, is_newest: bool, arrival_s: float) -> None:
        """Keep it and give it to the copies."""
        self._deliver(own, picture, is_newest, arrival_s)

    def is_stale(self, now_s: float) -> bool:
        """Has nothing come for a while?"""
        return self._whole.is_stale(now_s)
