# cython: boundscheck=False, wraparound=False, cdivision=True
"""The compiled twin of the rooms' packet reading: what receiver.h and burst.h do, as Python sees it.

Receiver is the twin of rtc/receiver.py, BurstReader and Port of rtc/reading.py, Line of rtc/line.py.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy

import logging
import os

from pylibsrtp._binding import ffi

from confhub.relay.wire import rtcp
from confhub.simulator.rtc.receiver import (
    PLI_EVERY_S, REMB_BPS, STALLED_S, StreamFigures, Verdict,
)

log = logging.getLogger(__name__)


cdef extern from "receiver.h" nogil:
    enum:
        RX_DUES
    ctypedef struct rx_picture:
        double since, last, longest_gap_s, freeze_s
        uint32_t freezes
        uint8_t active
    ctypedef struct rx_sound:
        int windows, poor
        uint8_t active
    ctypedef struct rx_stream:
        uint32_t ssrc
        uint8_t video, broken
        int64_t base, highest
        uint64_t received, bytes, duplicates, gaps, frames, keyframes
        double first_at, last_at, longest_stall_s, last_sr_at, pli_at, stalled_at
        uint32_t last_sr
        int64_t prior_expected, prior_received
        int missing_count, waiting_count
        rx_picture picture
        rx_sound sound
    ctypedef struct rx_retired:
        uint64_t received, lost, keyframes, frames
        uint32_t freezes
        double freeze_s, longest_gap_s
        int windows, poor
        uint8_t seen, broken
    ctypedef struct rx_arrival:
        int64_t number
        double at
    ctypedef struct rx_arrivals:
        uint8_t id, heard, awaited
        uint32_t ssrc
        int count
        rx_arrival *list
    ctypedef struct rx_receiver:
        uint8_t kinds[128]
        int count
        rx_stream streams[32]
        rx_retired retired
        uint64_t ignored
        uint8_t attention
        double first_media_at, media_at
        int lull_count
        double lull_from[16]
        double lull_to[16]
        rx_arrivals arrivals
    ctypedef struct rx_key:
        uint32_t ssrc, crc
    void rx_init(rx_receiver *r)
    void rx_free(rx_receiver *r)
    int64_t rx_lost(const rx_stream *s)
    rx_stream *rx_find(rx_receiver *r, uint32_t ssrc)
    void rx_retire(rx_receiver *r, uint32_t ssrc)
    void rx_sources(rx_receiver *r, const uint32_t *ssrcs, const uint8_t *active, int count, int video, int audio,
                    double now)
    int rx_due_nacks(rx_stream *s, double now, uint16_t *out, int room)
    int rx_picture_broken(const rx_picture *p, double now)
    void rx_sound_close(rx_sound *s, double now)
    int rx_rtp(rx_receiver *r, const uint8_t *d, int size, double now, rx_key *key)


cdef extern from "burst.h" nogil:
    enum:
        RX_EVENT_RTP, RX_EVENT_RTCP, RX_EVENT_KEY, RX_EVENT_ATTENTION
        RX_DATAGRAM, RX_TRAILER, RX_BURST
    ctypedef struct rx_line:
        uint64_t state
        double loss[2]
        double jitter_s[2]
        uint8_t dead[2]
        uint64_t dropped[2]
        uint64_t passed[2]
        uint64_t delayed
    ctypedef struct rx_port:
        int fd, slot
        void *context
        rx_receiver *receiver
        rx_line *line
        double last_at
        uint64_t datagrams, duplicates, rejected, unsent
        uint8_t attention_told
    ctypedef struct rx_event:
        int kind, slot
        uint32_t offset, size
        double at
        rx_key key
    ctypedef int (*rx_srtp)(void *context, void *packet, int *size)
    ctypedef struct rx_engine:
        int wake, woken
        rx_srtp protect
        uint64_t datagrams, messages, calls
        int event_count
        rx_event *events
        uint8_t *arena
    double rx_fate(rx_line *l, int way)
    rx_engine *rx_engine_new(rx_srtp unprotect, rx_srtp unprotect_rtcp, rx_srtp protect)
    void rx_engine_free(rx_engine *e)
    int rx_open(rx_engine *e, rx_port *p)
    void rx_close(rx_engine *e, rx_port *p)
    void rx_run(rx_engine *e, double wait_s, double gather_s)
    void rx_send(rx_port *p, const uint8_t *d, int size, double now)
    void rx_send_burst(rx_port *p, const uint8_t *d, const int *sizes, int count, double now)


cdef class Line:
    """See rtc/line.py."""

    cdef rx_line c

    def __cinit__(self, uint64_t seed):
        self.c.state = seed

    def set(self, way, double loss, double jitter_s, bint dead):
        cdef int number = 1 if way == "up" else 0
        self.c.loss[number] = loss
        self.c.jitter_s[number] = jitter_s
        self.c.dead[number] = dead

    def fate(self, way):
        return rx_fate(&self.c, 1 if way == "up" else 0)

    @property
    def dead(self):
        return bool(self.c.dead[0] or self.c.dead[1])

    def counts(self):
        return (self.c.dropped[0], self.c.passed[0], self.c.dropped[1], self.c.passed[1], self.c.delayed)


cdef class Receiver:
    """See rtc/receiver.py."""

    cdef rx_receiver c
    cdef public uint32_t ssrc
    sink = None

    def __cinit__(self, ssrc, payload_types):
        rx_init(&self.c)
        self.ssrc = ssrc
        for number, kind in payload_types.items():
            self.c.kinds[number & 127] = 2 if kind == "video" else 1

    def __dealloc__(self):
        rx_free(&self.c)

    @property
    def attention(self):
        return bool(self.c.attention)

    @property
    def ignored(self):
        return self.c.ignored

    def rtp(self, const uint8_t[::1] data, int size, double now):
        cdef rx_key key
        if size > data.shape[0] or size < 1:
            raise ValueError("size is not the data's")
        if rx_rtp(&self.c, &data[0], size, now, &key):
            return key.ssrc, key.crc
        return None

    def sources(self, due, bint video, bint audio, double now):
        cdef uint32_t ssrcs[64]
        cdef uint8_t active[64]
        cdef int count = 0
        for ssrc, is_active in due.items():
            if count == RX_DUES:
                break
            ssrcs[count] = ssrc
            active[count] = 1 if is_active else 0
            count += 1
        rx_sources(&self.c, ssrcs, active, count, video, audio, now)

    def on_rtcp(self, feedback, double now):
        cdef rx_stream *s
        for ssrc, ntp in feedback.reports:
            s = rx_find(&self.c, ssrc)
            if s != NULL:
                s.last_sr = ntp
                s.last_sr_at = now
        for ssrc in feedback.byes:
            rx_retire(&self.c, ssrc)

    @property
    def feedback_id(self):
        return self.c.arrivals.id

    @feedback_id.setter
    def feedback_id(self, uint8_t number):
        self.c.arrivals.id = number

    def take_arrivals(self):
        cdef rx_arrivals *a = &self.c.arrivals
        taken = [(a.list[i].number, a.list[i].at) for i in range(a.count)]
        a.awaited = a.count > 0
        a.count = 0
        return a.ssrc, taken

    def totals(self):
        cdef uint64_t received = self.c.retired.received, lost = self.c.retired.lost
        for i in range(self.c.count):
            received += self.c.streams[i].received
            lost += <uint64_t>rx_lost(&self.c.streams[i])
        return received, lost

    def urgent(self, double now):
        cdef rx_stream *s
        cdef uint16_t numbers[256]
        cdef int due
        packets = []
        self.c.attention = 0
        for i in range(self.c.count):
            s = &self.c.streams[i]
            if s.missing_count:
                due = rx_due_nacks(s, now, numbers, 256)
                if due:
                    packets.append(rtcp.build_nack(self.ssrc, s.ssrc, [numbers[n] for n in range(due)]))
            if s.video and self._needs_keyframe(s, now):
                s.pli_at = now + PLI_EVERY_S
                packets.append(rtcp.build_pli(self.ssrc, s.ssrc))
            if s.missing_count or (s.video and (s.waiting_count or (s.picture.active and (s.broken or not s.keyframes)))):
                self.c.attention = 1
        return rtcp.build_rr(self.ssrc, []) + b"".join(packets) if packets else b""

    cdef bint _needs_keyframe(self, rx_stream *s, double now):
        if now < s.pli_at or not s.picture.active:
            return False
        if s.keyframes == 0 or s.broken:
            return True
        if not s.waiting_count:
            s.stalled_at = now
            return False
        return now - s.stalled_at > STALLED_S

    def regular(self, double now, cname):
        cdef rx_stream *s
        cdef int64_t expected, span, got, lost
        blocks = []
        video = []
        for i in range(self.c.count):
            s = &self.c.streams[i]
            if s.base < 0:
                continue
            expected = s.highest - s.base + 1
            span = expected - s.prior_expected
            got = <int64_t>s.received - s.prior_received
            s.prior_expected = expected
            s.prior_received = <int64_t>s.received
            lost = rx_lost(s)
            fraction = min(255, max(0, span - got) * 256 // span) if span > 0 else 0
            delay = int((now - s.last_sr_at) * 65536) if s.last_sr else 0
            blocks.append(rtcp.ReportBlock(s.ssrc, fraction, lost, s.highest, 0, s.last_sr, delay))
            if s.video:
                video.append(s.ssrc)
        estimate = rtcp.build_remb(self.ssrc, REMB_BPS, video) if video and not self.c.arrivals.heard else b""
        return rtcp.build_rr(self.ssrc, blocks) + rtcp.build_sdes(self.ssrc, cname) + estimate

    def verdict(self, double now):
        cdef rx_stream *s
        cdef rx_retired *t = &self.c.retired
        cdef bint seen = t.seen, broken = t.broken
        cdef double gap = t.longest_gap_s, freeze_s = t.freeze_s
        cdef int windows = t.windows, poor = t.poor
        cdef uint64_t frames = t.frames, keyframes = t.keyframes
        cdef uint32_t freezes = t.freezes
        for i in range(self.c.count):
            s = &self.c.streams[i]
            if s.video:
                seen = seen or s.picture.since >= 0
                broken = broken or rx_picture_broken(&s.picture, now)
                gap = max(gap, s.picture.longest_gap_s)
                freeze_s += s.picture.freeze_s
                freezes += s.picture.freezes
                frames += s.frames
                keyframes += s.keyframes
            else:
                if s.sound.active:
                    rx_sound_close(&s.sound, now - 1.0)
                windows += s.sound.windows
                poor += s.sound.poor
        return Verdict(seen and not broken, windows > 0 and poor == 0, gap, poor, keyframes, frames, freezes, freeze_s)

    @property
    def first_media_at(self):
        return self.c.first_media_at

    def take_lulls(self):
        lulls = [(self.c.lull_from[i], self.c.lull_to[i]) for i in range(self.c.lull_count)]
        self.c.lull_count = 0
        return lulls

    def figures(self):
        cdef rx_stream *s
        found = []
        for i in range(self.c.count):
            s = &self.c.streams[i]
            found.append(
                StreamFigures(
                    s.ssrc, "video" if s.video else "audio", s.received, s.bytes, s.highest, s.gaps,
                    rx_lost(s), s.duplicates, s.first_at, s.last_at, s.longest_stall_s,
                )
            )
        return found


cdef class Port:
    """See rtc/reading.py."""

    cdef rx_port c
    cdef rx_srtp protect
    cdef void *send_context
    cdef object sock, receiver, line, inlet, pair
    cdef int index
    cdef uint64_t born

    def __cinit__(self):
        self.c.fd = self.c.slot = -1

    @property
    def last_at(self):
        return self.c.last_at

    @property
    def duplicates(self):
        return self.c.duplicates

    @property
    def rejected(self):
        return self.c.rejected

    @property
    def unsent(self):
        return self.c.unsent

    @property
    def datagrams(self):
        return self.c.datagrams

    def keys(self, pair):
        self.pair = pair
        self.c.context = self.send_context = NULL
        if pair is not None:
            self.c.context = <void *><uintptr_t>int(ffi.cast("uintptr_t", pair.receive_context))
            self.send_context = <void *><uintptr_t>int(ffi.cast("uintptr_t", pair.send_context))

    def send(self, bytes datagram, double now):
        cdef const uint8_t *d = datagram
        if self.c.slot >= 0:
            rx_send(&self.c, d, <int>len(datagram), now)

    def send_rtp(self, list packets, double now):
        cdef uint8_t scratch[48 * 2048]
        cdef int sizes[48]
        cdef int count = 0, at = 0, size, status
        cdef const uint8_t *d
        sent = []
        if self.send_context == NULL or self.c.slot < 0:
            return sent
        for packet in packets:
            size = <int>len(packet)
            if size > RX_DATAGRAM - RX_TRAILER:
                sent.append(b"")
                continue
            d = packet
            memcpy(scratch + at, d, size)
            status = self.protect(self.send_context, scratch + at, &size)
            if status != 0:
                sent.append(b"")
                continue
            sent.append(scratch[at:at + size])
            sizes[count] = size
            count += 1
            at += size
            if count == RX_BURST:
                with nogil:
                    rx_send_burst(&self.c, scratch, sizes, count, now)
                count = at = 0
        if count:
            with nogil:
                rx_send_burst(&self.c, scratch, sizes, count, now)
        return sent


cdef class BurstReader:
    """See rtc/reading.py. The arguments are the addresses of libsrtp's srtp_unprotect, srtp_unprotect_rtcp and
    srtp_protect."""

    name = "compiled"
    cdef rx_engine *e
    cdef dict ports
    cdef uint64_t runs

    def __cinit__(self, uintptr_t unprotect, uintptr_t unprotect_rtcp, uintptr_t protect):
        self.e = rx_engine_new(<rx_srtp>unprotect, <rx_srtp>unprotect_rtcp, <rx_srtp>protect)
        if self.e == NULL:
            raise OSError("no epoll, or no memory")
        self.ports = {}

    def __dealloc__(self):
        if self.e != NULL:
            rx_engine_free(self.e)

    def close(self):
        for port in list(self.ports.values()):
            self.forget(port)

    @property
    def packets(self):
        return self.e.datagrams

    def open(self, sock, receiver, line, inlet, int index):
        cdef Port port = Port()
        port.sock, port.receiver, port.line, port.inlet, port.index = sock, receiver, line, inlet, index
        port.c.fd = sock.fileno()
        port.protect = self.e.protect
        if isinstance(receiver, Receiver):
            port.c.receiver = &(<Receiver>receiver).c
        if line is not None:
            port.c.line = &(<Line>line).c
        if rx_open(self.e, &port.c) < 0:
            raise OSError("the socket cannot be watched")
        port.born = self.runs
        self.ports[port.c.slot] = port
        return port

    def forget(self, Port port):
        if port.c.slot >= 0:
            del self.ports[port.c.slot]
            rx_close(self.e, &port.c)

    def wake(self):
        os.eventfd_write(self.e.wake, 1)

    def read(self, double wait_s, double gather_s):
        cdef rx_event *event
        cdef Port port
        with nogil:
            rx_run(self.e, wait_s, gather_s)
        self.runs += 1
        for i in range(self.e.event_count):
            event = &self.e.events[i]
            port = self.ports.get(event.slot)
            if port is None or port.born == self.runs:
                continue  # closed by what an event before this one brought, its slot taken by another
            try:
                self._tell(port, event)
            except Exception:
                log.exception("a connection failed while reading")
        return bool(self.e.woken)

    cdef _tell(self, Port port, rx_event *event):
        cdef int kind = event.kind
        if kind == RX_EVENT_ATTENTION:
            port.c.attention_told = 0
            port.inlet.on_attention(event.at)
            return
        if kind == RX_EVENT_KEY:
            port.inlet.on_keyframe(event.key.ssrc, event.key.crc, event.at)
            return
        data = (<char *>self.e.arena)[event.offset:event.offset + event.size]
        if kind == RX_EVENT_RTP:
            key = port.receiver.rtp(data, len(data), event.at)
            if key is not None:
                port.inlet.on_keyframe(key[0], key[1], event.at)
            if port.receiver.attention:
                port.inlet.on_attention(event.at)
        elif kind == RX_EVENT_RTCP:
            port.inlet.on_feedback(data, event.at)
        else:
            port.inlet.on_datagram(port.index, data, event.at)
