"""The media thread: the UDP sockets of all rooms, read by one of the twins, and one heap of their deadlines.

asyncio stays out of it: its datagram endpoints cost several times as much a packet.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable

from confhub.simulator.native import Twin, choose
from confhub.simulator.rtc.line import Line
from confhub.simulator.rtc.peer import Peer
from confhub.simulator.rtc.reading import Inlet, Port, Reader
from confhub.simulator.rtc.receiver import Receiver

log = logging.getLogger(__name__)

GATHER_S = 0.006  # packets of one fan-out burst are gathered for so long and read in one go
MAX_COMMANDS = 4096  # commands waiting from the asyncio side: a few a room


class MediaLoop:
    """Start with `start`, hand work in with `call`, end with `stop` (which joins the thread).

    A peer that raises is closed and logged; the others do not notice.
    """

    def __init__(self, twin: Twin | None = None) -> None:
        self.twin = twin or choose()
        self.busy_s = 0.0  # time of this thread on a CPU
        self.longest_round_s = 0.0  # the longest time in which nothing was read: how late a packet may seem
        self._reader: Reader = self.twin.make_reader()
        self._heap: list[tuple[float, int, Peer]] = []
        self._order = itertools.count()
        self._commands: queue.Queue[Callable[[float], None]] = queue.Queue(MAX_COMMANDS)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)

    @property
    def packets(self) -> int:
        """Datagrams read so far."""
        return self._reader.packets

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def call(self, command: Callable[[float], None]) -> None:
        """Runs `command(now)` in the media thread. Callable from every thread."""
        self._commands.put(command, timeout=10)
        self._reader.wake()

    def stop(self) -> None:
        """Ends the thread after the commands handed in so far; waits for it (blocking, a few
        milliseconds)."""
        if self._thread.is_alive():
            self.call(lambda _now: setattr(self, "_stopping", True))
            self._thread.join(timeout=10)
        self._reader.close()

    # Watcher, for the peers

    def watch(
        self, sock: socket.socket, receiver: Receiver, line: Line | None, inlet: Inlet, index: int
    ) -> Port:
        """See peer.Watcher."""
        return self._reader.open(sock, receiver, line, inlet, index)

    def forget(self, port: Port) -> None:
        """See peer.Watcher."""
        self._reader.forget(port)

    def schedule(self, peer: Peer, at: float) -> None:
        """See peer.Watcher. An entry that is later than the peer's own is left in the heap and skipped."""
        if at < peer.scheduled:
            peer.scheduled = at
            heapq.heappush(self._heap, (at, next(self._order), peer))

    # the thread

    def _run(self) -> None:
        reader, heap = self._reader, self._heap
        while not self._stopping:
            wait_s = heap[0][0] - time.monotonic() if heap else 1.0
            woken = reader.read(max(0.0, min(wait_s, 1.0)), max(0.0, min(GATHER_S, wait_s)))
            began = time.monotonic()
            if woken:
                self._run_commands(began)
            self._run_deadlines()
            self.busy_s = time.thread_time()
            self.longest_round_s = max(self.longest_round_s, time.monotonic() - began)

    def _run_commands(self, now: float) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except queue.Empty:
                return
            try:
                command(now)
            except Exception:
                log.exception("a command of the media thread failed")

    def _run_deadlines(self) -> None:
        now = time.monotonic()
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, _, peer = heapq.heappop(heap)
            if at != peer.scheduled:
                continue
            peer.scheduled = float("inf")
            try:
                peer.poll(now)
            except Exception:
                log.exception("a peer failed at its deadline")
                peer.close(now)
