"""`GET /metrics` for Prometheus: the process, its rooms, and each endpoint in a session.

Written by hand and in pieces, as media goes on between two of them: 302 endpoints are 4,000 lines, which a
library would build in one go, 40 ms without a packet.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from aiohttp import web

from confhub.kernel import metrics as exposition
from confhub.relay import native
from confhub.relay.room.rooms import Rooms
from confhub.relay.room.traffic import Traffic
from confhub.relay.service import figures

ENDPOINT_PREFIX = "room:"
"""Identities of endpoints begin so; what follows is the endpoint's code, the only label of its series."""
MAX_ENDPOINTS = 3_000
"""Endpoints with series of their own; a monitoring system pays for every one of them."""


class Family(NamedTuple):
    """One metric of an endpoint: from that column, times `factor`."""

    name: str
    kind: str
    help: str
    column: str
    factor: float = 1.0


FAMILIES = (
    Family("packets_sent_total", "counter", "Media packets sent to the endpoint.", "down_packets"),
    Family("bytes_sent_total", "counter", "Their bytes, with RTP headers.", "down_bytes"),
    Family("packets_lost_down_total", "counter", "Lost on the way to it, by its reports.", "down_lost"),
    Family("loss_down_ratio", "gauge", "Lost on the way to it, recently.", "down_loss_permille", 0.001),
    Family("bitrate_down_bps", "gauge", "Sent to it, recently.", "down_bps"),
    Family("estimate_down_bps", "gauge", "What it says it can receive (REMB), 0 unknown.", "estimate_bps"),
    Family("packets_received_total", "counter", "Media packets received from it.", "up_packets"),
    Family("bytes_received_total", "counter", "Their bytes, with RTP headers.", "up_bytes"),
    Family("packets_lost_up_total", "counter", "Lost on the way from it.", "up_lost"),
    Family("loss_up_ratio", "gauge", "Lost on the way from it, recently.", "up_loss_permille", 0.001),
    Family("bitrate_up_bps", "gauge", "Received from it, recently.", "up_bps"),
    Family("layer", "gauge", "Picture layer sent to it: 0 low to 2 high, -1 none.", "layer"),
    Family("limited", "gauge", "1 while its line holds the picture down.", "limited"),
    Family("round_trip_seconds", "gauge", "Round trip to it.", "rtt_ms", 0.001),
    Family("jitter_seconds", "gauge", "Jitter on the way to it.", "jitter_ms", 0.001),
    Family("send_drops_total", "counter", "Not sent: the kernel's buffer was full.", "dropped"),
    Family("tcp", "gauge", "1 while its media goes over TCP.", "tcp"),
)


class Metrics:
    """The page of one relay. Without a token in its settings there is none (404)."""

    def __init__(self, rooms: Rooms, token: str) -> None:
        self._rooms = rooms
        self._token = token

    async def page(self, request: web.Request) -> web.StreamResponse:
        """All metrics, for `Authorization: Bearer <token>`."""
        refused = exposition.refusal(self._token, request.headers.get("Authorization", ""))
        if refused is not None:
            return web.Response(status=refused[0], text=refused[1])
        response = web.StreamResponse(headers={"Content-Type": exposition.CONTENT_TYPE})
        await response.prepare(request)
        rooms = self._rooms.all()
        rows = [
            {**dict(zip(figures.COLUMNS, values, strict=True)), "room": room.name}
            for room in rooms
            for values in await figures.rows(room.participants.values())
        ]
        await response.write("".join(self._process(len(rooms), rows)).encode())
        endpoints = [row for row in rows if row["identity"].startswith(ENDPOINT_PREFIX)]
        for family in FAMILIES:
            await response.write("".join(_endpoint_lines(family, endpoints[:MAX_ENDPOINTS])).encode())
            await asyncio.sleep(0)
        await response.write_eof()
        return response

    def _process(self, rooms: int, rows: list[dict[str, Any]]) -> Iterator[str]:
        host = self._rooms.host
        traffic = Traffic(**vars(host.retired))
        for row in rows:
            traffic.packets_sent += row["down_packets"]
            traffic.bytes_sent += row["down_bytes"]
            traffic.packets_received += row["up_packets"]
            traffic.send_drops += row["dropped"]
        fanout = native.describe()
        over_tcp = sum(row["tcp"] for row in rows)
        yield _plain("rooms", "gauge", "Media rooms.", rooms)
        yield _plain("participants", "gauge", "Participants in them.", len(rows))
        yield _head("participants_by_transport", "gauge", "Participants by their media's transport.")
        yield f'confhub_relay_participants_by_transport{{transport="udp"}} {len(rows) - over_tcp}\n'
        yield f'confhub_relay_participants_by_transport{{transport="tcp"}} {over_tcp}\n'
        yield _plain("packets_sent_total", "counter", "Media packets sent.", traffic.packets_sent)
        yield _plain("bytes_sent_total", "counter", "Their bytes.", traffic.bytes_sent)
        yield _plain("packets_received_total", "counter", "Media packets received.", traffic.packets_received)
        yield _plain("send_drops_total", "counter", "Packets not sent.", traffic.send_drops)
        yield _plain("handshakes_total", "counter", "DTLS handshakes done.", host.handshakes.done)
        yield _plain("handshakes_failed_total", "counter", "DTLS handshakes failed.", host.handshakes.failed)
        yield _plain("datagrams_refused_total", "counter", "Belonging to nobody.", host.mux.refused)
        yield _plain("tcp_connections", "gauge", "Media connections.", len(host.mux.tcp.lines))
        yield _head("flood_drops_total", "counter", "Dropped beyond a budget, by what there was too much of.")
        for what, count in sorted((host.mux.floods + host.mux.tcp.refused).items()):
            yield f'confhub_relay_flood_drops_total{{what="{what}"}} {count}\n'
        yield _plain("loop_lag_seconds", "gauge", "How late the loop was.", self._rooms.loop_lag_s)
        yield _plain(
            "loop_lag_worst_seconds", "gauge", "The same in the last minute.", self._rooms.worst_loop_lag_s
        )
        yield _plain("cpu_seconds_total", "counter", "CPU time.", round(time.process_time(), 3))
        peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        yield _plain("resident_peak_bytes", "gauge", "Most memory so far.", peak_bytes)
        yield _head("fanout_info", "gauge", "Which twin of the fan-out runs.")
        labels = f'twin="{fanout["name"]}",gso="{int(fanout["gso"])}",gro="{int(fanout["gro"])}"'
        yield f"confhub_relay_fanout_info{{{labels}}} 1\n"


def _head(name: str, kind: str, text: str) -> str:
    return exposition.head(f"confhub_relay_{name}", kind, text)


def _plain(name: str, kind: str, text: str, value: float) -> str:
    return exposition.plain(f"confhub_relay_{name}", kind, text, value)


def _endpoint_lines(family: Family, rows: list[dict[str, Any]]) -> Iterator[str]:
    name = f"endpoint_{family.name}"
    yield _head(name, family.kind, family.help)
    for row in rows:
        value = row[family.column]
        if value is None:
            continue
        if family.factor != 1.0:
            value = round(value * family.factor, 6)
        code = _escaped(row["identity"].removeprefix(ENDPOINT_PREFIX))
        yield f'confhub_relay_{name}{{endpoint="{code}",room="{_escaped(row["room"])}"}} {value}\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
