"""The media thread: one epoll over the UDP sockets of all rooms, and one heap of their deadlines.

asyncio's datagram endpoints cost several times as much a packet as this loop, which is why media stays out
of it.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import queue
import select
import socket
import threading
import time
from collections.abc import Callable

from endpoints.rtc.peer import Peer, Reader

log = logging.getLogger(__name__)

GATHER_S = 0.006  # packets of one fan-out burst are gathered for so long and read in one go
LATE_S = (
    0.03  # a round longer than this delays what waits in the sockets enough to ask the kernel when it came
)
MAX_ROUNDS = 16  # polls in a row before deadlines and commands are looked at again
MAX_COMMANDS = 4096  # commands waiting from the asyncio side: a few a room


class MediaLoop:
    """Start with `start`, hand work in with `call`, end with `stop` (which joins the thread).

    A peer that raises is closed and logged; the others do not notice.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.busy_s = 0.0  # time of this thread on a CPU
        self.longest_round_s = 0.0  # the longest time in which nothing was read: how late a packet may seem
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._handlers: dict[int, Reader] = {}
        self._late = False
        self._heap: list[tuple[float, int, Peer]] = []
        self._order = itertools.count()
        self._commands: queue.Queue[Callable[[float], None]] = queue.Queue(MAX_COMMANDS)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def call(self, command: Callable[[float], None]) -> None:
        """Runs `command(now)` in the media thread. Callable from every thread."""
        self._commands.put(command, timeout=10)
        os.eventfd_write(self._wake, 1)

    def stop(self) -> None:
        """Ends the thread after the commands handed in so far; waits for it (blocking, a few
        milliseconds)."""
        if self._thread.is_alive():
            self.call(lambda _now: setattr(self, "_stopping", True))
            self._thread.join(timeout=10)
        self._epoll.close()
        os.close(self._wake)

    # Watcher, for the peers

    def watch(self, sock: socket.socket, handler: Reader) -> None:
        """See peer.Watcher."""
        self._handlers[sock.fileno()] = handler
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def forget(self, sock: socket.socket) -> None:
        """See peer.Watcher."""
        if self._handlers.pop(sock.fileno(), None) is not None:
            self._epoll.unregister(sock.fileno())

    def schedule(self, peer: Peer, at: float) -> None:
        """See peer.Watcher. An entry that is later than the peer's own is left in the heap and skipped."""
        if at < peer.scheduled:
            peer.scheduled = at
            heapq.heappush(self._heap, (at, next(self._order), peer))

    # the thread

    def _run(self) -> None:
        while not self._stopping:
            wait = self._heap[0][0] - time.monotonic() if self._heap else 1.0
            events = self._epoll.poll(max(0.0, min(wait, 1.0)), 4096)
            began = time.monotonic()
            self._read(events)
            self._run_deadlines()
            self._gather()
            self.busy_s = time.thread_time()
            round_s = time.monotonic() - began
            self._late = round_s > LATE_S
            self.longest_round_s = max(self.longest_round_s, round_s)

    def _read(self, events: list[tuple[int, int]]) -> None:
        handlers = self._handlers
        wake = self._wake
        began = time.monotonic()
        for _ in range(MAX_ROUNDS):
            now = time.monotonic()
            late = self._late or now - began > LATE_S
            for fd, _mask in events:
                handler = handlers.get(fd)
                if handler is not None:
                    try:
                        handler(now, late)
                    except Exception:
                        log.exception("a peer failed while reading")
                elif fd == wake:
                    self._run_commands(now)
            self.packets += len(events)
            if len(events) < 8:
                return
            events = self._epoll.poll(0, 4096)

    def _run_commands(self, now: float) -> None:
        os.eventfd_read(self._wake)
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

    def _gather(self) -> None:
        pause = GATHER_S
        if self._heap:
            pause = min(pause, self._heap[0][0] - time.monotonic())
        if pause > 0.0005:
            time.sleep(pause)
