"""Records a session anew: `python -m fuzz.record`. Two clients of LiveKit's Python SDK, a relay in here."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Any

from confhub.relay.forward.mediapeer import MediaPeer
from confhub.relay.service.server import Relay, Settings
from confhub.relay.service.signalling import Signalling
from confhub.relay.transport import data as transport_data
from confhub.relay.transport.mux import UdpMux
from fuzz.recording import DATAGRAM, MAX_FILE_BYTES, RTCP, RTP, SCTP, SESSION, SIGNAL, Record, dump
from tests.functional.relay.clients import KEY, RED, SECRET, Person, token

_MOST = {DATAGRAM: 160, SIGNAL: 100, RTP: 120, RTCP: 60, SCTP: 60}
"""Of each kind for each client; the first ones tell the most."""


class _Recorder:
    """Stands in the way of everything that comes in."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._counts: Counter[tuple[int, int]] = Counter()
        self._clients: dict[Any, int] = {}

    def note(self, kind: int, who: Any, data: bytes) -> None:
        client = self._clients.setdefault(who, len(self._clients) % 2)
        if self._counts[kind, client] < _MOST[kind]:
            self._counts[kind, client] += 1
            self.records.append(Record(kind, client, bytes(data)))

    def wrap(self, owner: Any, name: str, kind: int, who: Any, what: Any) -> None:
        """Note the calls of a method."""
        original = getattr(owner, name)

        def noted(instance: Any, *args: Any) -> Any:
            self.note(kind, who(instance, *args), what(*args))
            return original(instance, *args)

        setattr(owner, name, noted)


async def _record() -> list[Record]:
    recorder = _Recorder()
    recorder.wrap(
        UdpMux, "_take_one", DATAGRAM, lambda mux, data, address, *_: address, lambda data, *_: data
    )
    recorder.wrap(MediaPeer, "on_rtp", RTP, lambda peer, *_: peer, lambda packet, *_: packet)
    recorder.wrap(MediaPeer, "on_rtcp", RTCP, lambda peer, *_: peer, lambda packet, *_: packet)
    recorder.wrap(transport_data._Sctp, "_handle_data", SCTP, lambda sctp, *_: sctp, lambda data: data)
    recorder.wrap(
        Signalling, "_handle", SIGNAL, lambda _, person, __: person.identity,
        lambda _, request: request.SerializeToString(),
    )  # fmt: skip
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0))
    await relay.start()
    people = [Person("anna"), Person("binh")]
    try:
        for number, person in enumerate(people):
            url = f"ws://127.0.0.1:{relay.port}"
            await person.connect(
                url, token(person.identity, can_update_own_metadata=True), single=number == 0
            )
        for person in people:
            await person.sound(440)
            await person.show(RED, simulcast=person is people[0])
            await person.me.publish_data(b"hello", reliable=True)
            await person.me.publish_data(b"hello", reliable=False)
            await person.me.set_metadata("here")
        await asyncio.sleep(5)
    finally:
        for person in people:
            await person.leave()
        await relay.stop()
    return recorder.records


def main() -> int:
    """Writes the recording; says what is in it."""
    records = asyncio.run(_record())
    content = dump(records)
    counts = Counter(chr(record.kind) for record in records)
    sys.stdout.write(f"{len(records)} records, {len(content):,} bytes: {dict(counts)}\n")
    if len(content) > MAX_FILE_BYTES:
        sys.stdout.write(f"more than {MAX_FILE_BYTES:,} bytes: not written\n")
        return 1
    SESSION.parent.mkdir(parents=True, exist_ok=True)
    SESSION.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
