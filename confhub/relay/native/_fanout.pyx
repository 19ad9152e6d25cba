# cython: boundscheck=False, wraparound=False, cdivision=True
"""The compiled twin of `forward.fanout_py`, and the objects its burst walks over without the interpreter.

With the GIL, the packets of a burst are chained to the paths they go out on; without it, `burst.h` writes,
protects and sends them. `Lane` and `PathState` have the attributes of their twins in Python.
"""

import socket as _socket
from types import BuiltinMethodType

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.errno cimport EAGAIN, EINTR
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

from pylibsrtp._binding import ffi, lib

cdef extern from "<sys/socket.h>" nogil:
    ctypedef unsigned int socklen_t
    int AF_INET
    int AF_INET6

cdef extern from "<netinet/in.h>" nogil:
    struct in_addr:
        pass
    struct in6_addr:
        pass
    struct sockaddr_in:
        unsigned short sin_family
        uint16_t sin_port
        in_addr sin_addr
    struct sockaddr_in6:
        unsigned short sin6_family
        uint16_t sin6_port
        uint32_t sin6_flowinfo
        in6_addr sin6_addr
        uint32_t sin6_scope_id
    uint16_t htons(uint16_t)
    uint32_t htonl(uint32_t)

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int, const char *, void *)

cdef extern from "packet.h" nogil:
    enum:
        CH_MID_BYTES_MAX
    ctypedef struct ch_edit:
        uint8_t abs_time_id
        uint8_t level_id
        uint8_t orientation_id
        uint8_t descriptor_id
        uint8_t moves_numbers
        uint8_t tl0_add
        uint8_t keyidx_add
        uint16_t picture_id_add
        uint16_t frame_number_add
        uint8_t mid_id
        uint8_t mid_bytes
        uint8_t mid[CH_MID_BYTES_MAX]
    ctypedef struct ch_numbers:
        uint32_t picture_id_at
        uint32_t tl0_at
        uint32_t keyidx_at
        uint16_t picture_id
        uint8_t picture_id_bits
        uint8_t tl0
        uint8_t keyidx
        uint8_t is_present
    ctypedef struct ch_cargo:
        const uint8_t *payload
        const uint8_t *level
        const uint8_t *orientation
        const uint8_t *descriptor
        size_t payload_bytes
        size_t level_bytes
        size_t orientation_bytes
        size_t descriptor_bytes
        uint64_t seq
        uint32_t timestamp
        uint32_t abs_time
        uint16_t frame_number
        uint8_t marker
        ch_numbers numbers
    ctypedef struct ch_lane:
        uint64_t seq_add
        uint64_t timestamp_add
        int64_t packets
        int64_t octets
        uint32_t ssrc
        uint8_t pt
        ch_edit edit
    size_t ch_write_packet(uint8_t *, const ch_cargo *, const ch_lane *)
    size_t ch_write_padding(uint8_t *, uint64_t, uint32_t, const ch_lane *)
    enum:
        CH_SLOT_BYTES

cdef extern from "burst.h" nogil:
    struct sockaddr_storage:
        pass
    ctypedef int (*ch_protect)(void *, void *, int *) noexcept nogil
    ctypedef struct ch_path:
        void *session
        sockaddr_storage address
        socklen_t address_bytes
        int fd
        int64_t packets
        int64_t octets
        int64_t dropped
        int64_t errors
        uint64_t mark
        int32_t first
        int32_t last
        uint16_t single
    ctypedef struct ch_entry:
        ch_lane *lane
        uint32_t cargo
        int32_t next
    ctypedef struct ch_sender:
        int cuts_runs
    ch_sender *ch_new_sender(ch_protect, int)
    void ch_send_burst(ch_sender *, ch_path **, uint32_t, const ch_entry *, const ch_cargo *)
    int ch_kernel_cuts_runs()

cdef extern from *:
    """
    static int ch_send_one(ch_path *path, const uint8_t *data, int size) {
        ssize_t sent;
        do {
            sent = sendto(path->fd, data, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL,
                (struct sockaddr *)&path->address, path->address_bytes);
        } while (sent < 0 && errno == EINTR);
        return sent < 0 ? errno : 0;
    }
    """
    int ch_send_one(ch_path *, const uint8_t *, int) nogil

cdef enum:
    MAX_CARGOS = 512  # of one go; a longer burst takes several
    MAX_ENTRIES = 65536  # 1 MB; 302 lanes of a burst of 216

cdef ch_protect _protect = <ch_protect><uintptr_t>int(
    ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect"))
)
cdef bint _cuts_runs = ch_kernel_cuts_runs()
cdef uint64_t _mark = 0


def cuts_runs():
    """Does the kernel take a run of packets as one message (UDP_SEGMENT)?"""
    return bool(_cuts_runs)


def set_cuts_runs(bint value):
    """Go on without UDP_SEGMENT, or with it again: for comparing."""
    global _cuts_runs
    _cuts_runs = value and ch_kernel_cuts_runs()


cdef class PathState:
    """What the fan-out needs of a `SendPath`."""

    cdef ch_path c
    cdef object _sendto
    cdef object _address
    cdef object _srtp
    cdef object _socket  # whose method `sendto` is, if it is a UDP socket's; else None

    def __init__(self):
        self.c.session = NULL
        self._socket = None
        self._sendto = _nowhere
        self._address = None
        self._srtp = None

    @property
    def sendto(self):
        """As socket.sendto."""
        return self._sendto

    @sendto.setter
    def sendto(self, value):
        self._sendto = value
        owner = None
        if type(value) is BuiltinMethodType and value.__name__ == "sendto":
            owner = value.__self__
        if owner is self._socket:
            return
        self._socket = None
        if isinstance(owner, _socket.socket) and owner.type == _socket.SOCK_DGRAM:
            self._socket = owner
        self.c.single = 0

    @property
    def address(self):
        """What recvfrom gave: (host, port) or (host, port, flow, scope)."""
        return self._address

    @address.setter
    def address(self, value):
        self._address = value
        self.c.single = 0
        self.c.address_bytes = _read_address(value, &self.c.address)

    @property
    def srtp(self):
        """libsrtp's handle, None before there are keys."""
        return self._srtp

    @srtp.setter
    def srtp(self, value):
        self._srtp = value
        self.c.session = NULL if value is None else <void *><uintptr_t>int(ffi.cast("uintptr_t", value))

    @property
    def packets(self):
        return self.c.packets

    @packets.setter
    def packets(self, int64_t value):
        self.c.packets = value

    @property
    def octets(self):
        return self.c.octets

    @octets.setter
    def octets(self, int64_t value):
        self.c.octets = value

    @property
    def dropped(self):
        return self.c.dropped

    @dropped.setter
    def dropped(self, int64_t value):
        self.c.dropped = value

    @property
    def errors(self):
        return self.c.errors

    @errors.setter
    def errors(self, int64_t value):
        self.c.errors = value

    cdef int find_fd(self) except -2:
        """The socket's descriptor, -1 for a closed one (whose number may be another file's by now)."""
        self.c.fd = self._socket.fileno()
        return self.c.fd

    cdef bint is_plain(self):
        """Can the kernel be handed its packets without Python?"""
        return self._socket is not None and self.c.address_bytes != 0


def _nowhere(data, address):
    """Stands for a socket while there is none."""
    return 0


cdef socklen_t _read_address(object value, sockaddr_storage *out) except? 0:
    """Fill `out`; its size, 0 where the kernel's form cannot be told from the value."""
    cdef sockaddr_in *four = <sockaddr_in *>out
    cdef sockaddr_in6 *six = <sockaddr_in6 *>out
    if type(value) is not tuple or len(value) < 2:
        return 0
    host, port = value[0], value[1]
    if type(host) is not str or type(port) is not int or not 0 <= port <= 65535:
        return 0
    memset(out, 0, sizeof(sockaddr_storage))
    name = host.partition("%")[0].encode("ascii", "replace")
    if len(value) == 2:
        four.sin_family = AF_INET
        four.sin_port = htons(port)
        if inet_pton(AF_INET, name, &four.sin_addr) == 1:
            return sizeof(sockaddr_in)
        if ":" not in host:
            return 0
        memset(out, 0, sizeof(sockaddr_storage))
    elif len(value) != 4 or type(value[2]) is not int or type(value[3]) is not int:
        return 0
    six.sin6_family = AF_INET6
    six.sin6_port = htons(port)
    if len(value) == 4:
        six.sin6_flowinfo = htonl(value[2] & 0xFFFFFFFF)
        six.sin6_scope_id = value[3] & 0xFFFFFFFF
    return sizeof(sockaddr_in6) if inet_pton(AF_INET6, name, &six.sin6_addr) == 1 else 0


cdef class Lane:
    """One copy's way through the fan-out. Only the counters change once it is made."""

    cdef ch_lane c
    cdef PathState _path
    cdef readonly object edit
    cdef public object first_seq
    cdef public object last_out
    cdef readonly object seq_add
    cdef readonly object timestamp_add

    def __init__(self, PathState path not None, ssrc, pt, edit, first_seq, seq_add, timestamp_add):
        self._path = path
        self.c.ssrc = ssrc & 0xFFFFFFFF
        self.c.pt = pt & 0x7F
        self.c.seq_add = seq_add & 0xFFFF
        self.c.timestamp_add = timestamp_add & 0xFFFFFFFF
        self.edit = edit
        self.first_seq = first_seq  # the source's number of the first packet that may use this lane
        self.seq_add = seq_add  # out = source + add, unwrapped
        self.timestamp_add = timestamp_add
        self.last_out = -1  # highest unwrapped number sent, set when the lane ends; -1 while it runs
        self.c.packets = self.c.octets = 0
        self.c.edit.abs_time_id = edit.abs_time_id
        self.c.edit.level_id = edit.level_id
        self.c.edit.orientation_id = edit.orientation_id
        self.c.edit.descriptor_id = edit.descriptor_id
        self.c.edit.picture_id_add = edit.picture_id_add & 0xFFFF
        self.c.edit.tl0_add = edit.tl0_add & 0xFF
        self.c.edit.keyidx_add = edit.keyidx_add & 0xFF
        self.c.edit.frame_number_add = edit.frame_number_add & 0xFFFF
        if edit.mid_id:
            name = <bytes?>edit.mid
            if not 1 <= len(name) <= CH_MID_BYTES_MAX:
                raise ValueError("a mid in packets has 1 to 16 bytes")
            self.c.edit.mid_bytes = <uint8_t>len(name)
            memcpy(self.c.edit.mid, PyBytes_AS_STRING(name), len(name))
        self.c.edit.mid_id = edit.mid_id
        self.c.edit.moves_numbers = bool(edit.picture_id_add or edit.tl0_add or edit.keyidx_add)

    @property
    def path(self):
        """The way to the subscriber; it may be changed to one that leads nowhere."""
        return self._path

    @path.setter
    def path(self, PathState value not None):
        self._path = value

    @property
    def ssrc(self):
        return self.c.ssrc

    @property
    def pt(self):
        return self.c.pt

    @property
    def packets(self):
        return self.c.packets

    @packets.setter
    def packets(self, int64_t value):
        self.c.packets = value

    @property
    def octets(self):
        """RTP header and payload."""
        return self.c.octets

    @octets.setter
    def octets(self, int64_t value):
        self.c.octets = value


cdef class FanOut:
    """See `forward.fanout`. Several may live in a process; each keeps its own memory (about 1.2 MB in use)."""

    cdef object _now
    cdef list _burst
    cdef bint _is_busy
    cdef list _late  # (cargo, lane) of calls made by a `sendto` while a burst is being sent
    cdef ch_sender *_sender
    cdef ch_entry *_entries
    cdef ch_cargo *_cargos
    cdef ch_path **_paths
    cdef uint32_t _entry_room
    cdef uint32_t _cargo_room
    cdef uint32_t _path_room

    def __cinit__(self, now):
        self._now = now
        self._burst = []
        self._late = []
        self._is_busy = False

    def __dealloc__(self):
        free(self._sender)
        free(self._entries)
        free(self._cargos)
        free(self._paths)

    def queue(self, cargo):
        """Add to the burst; True if it was empty before."""
        self._burst.append(cargo)
        return len(self._burst) == 1

    def flush(self):
        """Send the burst."""
        if self._is_busy:
            return  # from within a `sendto`; the flush that called it goes on with what was queued
        self._is_busy = True
        try:
            while self._burst:
                burst, self._burst = self._burst, []
                self._flush(burst)
                late, self._late = self._late, []
                for cargo, lane in late:
                    self._send_now(cargo, lane)
        finally:
            self._is_busy = False

    def send(self, cargo, Lane lane not None):
        """Send one packet to one subscriber at once."""
        if self._is_busy:
            self._late.append((cargo, lane))
            return
        self._send_now(cargo, lane)

    def send_padding(self, Lane lane not None, seq, timestamp):
        """Send one packet of padding only."""
        cdef uint8_t slot[CH_SLOT_BYTES]
        if lane._path.c.session == NULL:
            return
        self._finish(slot, ch_write_padding(slot, seq & 0xFFFF, timestamp & 0xFFFFFFFF, &lane.c), lane)

    cdef uint32_t _abs_time(self) except? 1:
        return <uint32_t>(int(self._now() * 262144) & 0xFFFFFF)

    cdef int _send_now(self, cargo, Lane lane) except -1:
        cdef uint8_t slot[CH_SLOT_BYTES]
        cdef ch_cargo shape
        if cargo.abs_time < 0:
            cargo.abs_time = self._abs_time()
        if lane._path.c.session == NULL:
            return 0
        _read_cargo(cargo, &shape)
        return self._finish(slot, ch_write_packet(slot, &shape, &lane.c), lane)

    cdef int _finish(self, uint8_t *slot, size_t clear, Lane lane) except -1:
        """Protect and send one packet; nothing for one of no bytes."""
        cdef PathState path = lane._path
        cdef int size = <int>clear
        cdef int error = 0
        if not clear:
            return 0
        if _protect(path.c.session, slot, &size):
            path.c.errors += 1
            return 0
        if path.is_plain():
            path.find_fd()
            with nogil:
                error = ch_send_one(&path.c, slot, size)
        else:
            error = _hand_over(path, PyBytes_FromStringAndSize(<char *>slot, size))
        if error == 0:
            lane.c.packets += 1
            lane.c.octets += clear
            path.c.packets += 1
            path.c.octets += clear
        elif error == EAGAIN:
            path.c.dropped += 1
        else:
            path.c.errors += 1
        return 0

    cdef int _flush(self, list burst) except -1:
        """In goes of a bounded size. `lanes` keeps alive what the pointers of a go lead to."""
        cdef uint32_t abs_time = self._abs_time()
        cdef list cargos = []
        cdef list lanes = []
        cdef Py_ssize_t count = 0
        for cargo in burst:
            cargo.abs_time = abs_time
            its = cargo.lanes
            cargo.lanes = ()
            if not its:
                continue
            if type(its) is not tuple:
                its = tuple(its)
            if cargos and (count + len(its) > MAX_ENTRIES or len(cargos) == MAX_CARGOS):
                self._go(cargos, lanes, count)
                cargos, lanes, count = [], [], 0
            cargos.append(cargo)
            lanes.append(its)
            count += len(its)
        if cargos:
            self._go(cargos, lanes, count)
        return 0

    cdef int _reserve(self, Py_ssize_t cargos, Py_ssize_t entries) except -1:
        if self._sender == NULL:
            self._sender = ch_new_sender(_protect, _cuts_runs)
        if cargos > self._cargo_room:
            self._cargos = <ch_cargo *>_grown(self._cargos, cargos * sizeof(ch_cargo))
            self._cargo_room = cargos
        if entries > self._entry_room:
            self._entries = <ch_entry *>_grown(self._entries, entries * sizeof(ch_entry))
            self._entry_room = entries
        if entries > self._path_room:
            self._paths = <ch_path **>_grown(self._paths, entries * sizeof(ch_path *))
            self._path_room = entries
        if self._sender == NULL:
            raise MemoryError
        self._sender.cuts_runs = _cuts_runs
        return 0

    cdef int _go(self, list cargos, list lanes, Py_ssize_t room) except -1:
        """Chain, then send; paths that Python writes to come last."""
        global _mark
        cdef uint32_t index = 0, entries = 0, paths = 0
        cdef Lane lane
        cdef PathState path
        cdef ch_path *known
        cdef ch_entry *entry
        cdef object last_socket = None
        cdef int last_fd = -1
        cdef list by_hand = []
        self._reserve(len(cargos), room)
        _mark += 1
        for cargo in cargos:
            _read_cargo(cargo, &self._cargos[index])
            for item in <tuple>lanes[index]:
                lane = <Lane?>item
                path = lane._path
                known = &path.c
                if known.session == NULL:
                    continue
                if known.mark != _mark:
                    if not path.is_plain():
                        by_hand.append((index, lane))
                        continue
                    if path._socket is not last_socket:
                        last_socket, last_fd = path._socket, path.find_fd()
                    known.fd = last_fd
                    known.mark = _mark
                    known.first = -1
                    self._paths[paths] = known
                    paths += 1
                entry = &self._entries[entries]
                entry.lane = &lane.c
                entry.cargo = index
                entry.next = -1
                if known.first < 0:
                    known.first = entries
                else:
                    self._entries[known.last].next = entries
                known.last = entries
                entries += 1
            index += 1
        with nogil:
            ch_send_burst(self._sender, self._paths, paths, self._entries, self._cargos)
        for place, lane in by_hand:
            self._send_by_hand(&self._cargos[<uint32_t>place], lane)
        return 0

    cdef int _send_by_hand(self, const ch_cargo *cargo, Lane lane) except -1:
        cdef uint8_t slot[CH_SLOT_BYTES]
        if lane._path.c.session == NULL:
            return 0
        return self._finish(slot, ch_write_packet(slot, cargo, &lane.c), lane)


cdef void *_grown(void *memory, size_t size) except NULL:
    cdef void *grown = realloc(memory, size)
    if grown == NULL:
        raise MemoryError
    return grown


cdef int _hand_over(PathState path, bytes datagram) except -1:
    """Through Python's `sendto`; an errno."""
    try:
        path._sendto(datagram, path._address)
    except (BlockingIOError, InterruptedError):
        return EAGAIN
    except OSError:
        return EINTR
    return 0


cdef int _read_cargo(object cargo, ch_cargo *out) except -1:
    """The pointers are good for as long as the cargo is not changed; nobody does after its flush."""
    cdef bytes payload = cargo.payload, level = cargo.level
    cdef bytes orientation = cargo.orientation, descriptor = cargo.descriptor
    memset(out, 0, sizeof(ch_cargo))
    out.payload = <const uint8_t *>PyBytes_AS_STRING(payload)
    out.payload_bytes = PyBytes_GET_SIZE(payload)
    out.level = <const uint8_t *>PyBytes_AS_STRING(level)
    out.level_bytes = PyBytes_GET_SIZE(level)
    out.orientation = <const uint8_t *>PyBytes_AS_STRING(orientation)
    out.orientation_bytes = PyBytes_GET_SIZE(orientation)
    out.descriptor = <const uint8_t *>PyBytes_AS_STRING(descriptor)
    out.descriptor_bytes = PyBytes_GET_SIZE(descriptor)
    out.seq = cargo.seq & 0xFFFF
    out.timestamp = cargo.timestamp & 0xFFFFFFFF
    out.abs_time = cargo.abs_time & 0xFFFFFF
    out.frame_number = cargo.frame_number & 0xFFFF
    out.marker = cargo.marker & 0x80
    numbers = cargo.numbers
    if numbers is not None:
        out.numbers.is_present = 1
        out.numbers.picture_id_at = numbers.picture_id_at
        out.numbers.picture_id_bits = numbers.picture_id_bits
        out.numbers.picture_id = numbers.picture_id
        out.numbers.tl0_at = numbers.tl0_at
        out.numbers.tl0 = numbers.tl0
        out.numbers.keyidx_at = numbers.keyidx_at
        out.numbers.keyidx = numbers.keyidx
    return 0
