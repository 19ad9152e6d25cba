# cython: boundscheck=False, wraparound=False, cdivision=True
"""Reads a UDP socket's datagrams many at a call, without the interpreter; runs that came as one are cut (UDP_GRO)."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free

cdef extern from "intake.h" nogil:
    enum:
        CH_IN_MESSAGES
    struct sockaddr_storage:
        pass
    ctypedef struct ch_intake:
        int runs_come_whole
    ch_intake *ch_new_intake(int fd)
    int ch_take(ch_intake *, int fd)
    const char *ch_data(ch_intake *, int index, uint32_t *size, uint32_t *segment)
    const char *ch_raw_address(ch_intake *, int index, uint32_t *size)
    int ch_read_address(ch_intake *, int index, char *host, uint16_t *port, uint32_t *flow, uint32_t *scope)
    int ch_kernel_joins_runs()

cdef enum:
    MAX_DATAGRAM_BYTES = 2048  # as transport.path has it: a datagram beyond is cut and fails authentication
    MAX_ADDRESSES = 8192  # remembered; a flood from made-up ones starts anew
    MAX_REFUSALS = 8  # ICMP errors of earlier sends, taken in one reading


def joins_runs():
    """Does the kernel hand out a run of datagrams as one message (UDP_GRO)?"""
    return bool(ch_kernel_joins_runs())


cdef class Reader:
    """Of one non-blocking UDP socket; `read` gives what recvfrom would, in order."""

    cdef object _socket
    cdef ch_intake *_intake
    cdef dict _addresses

    def __cinit__(self, socket):
        self._socket = socket
        self._addresses = {}
        self._intake = ch_new_intake(socket.fileno())
        if self._intake == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self._intake)

    def read(self, int limit):
        """[(data, address)] of about `limit` datagrams at most, fewer once the socket is empty. Never raises
        OSError: errors of earlier sends are taken and forgotten."""
        cdef list found = []
        cdef int fd = self._socket.fileno()
        cdef int count, index, refusals = 0, error = 0
        cdef uint32_t size, segment, at, piece
        cdef const char *data
        while fd >= 0 and len(found) < limit:
            with nogil:
                count = ch_take(self._intake, fd)
                error = errno if count < 0 else 0
            if count < 0:
                if error == EAGAIN:
                    break
                refusals += 1
                if refusals > MAX_REFUSALS:
                    break
                continue
            for index in range(count):
                data = ch_data(self._intake, index, &size, &segment)
                if not size:
                    continue
                address = self._address(index)
                at = 0
                while at < size:
                    piece = min(segment, size - at)
                    found.append(
                        (PyBytes_FromStringAndSize(data + at, min(piece, <uint32_t>MAX_DATAGRAM_BYTES)), address)
                    )
                    at += piece
            if count < CH_IN_MESSAGES:
                break
        return found

    cdef object _address(self, int index):
        """The one tuple for equal addresses."""
        cdef uint32_t size, flow = 0, scope = 0
        cdef uint16_t port = 0
        cdef char host[64]
        cdef const char *raw = ch_raw_address(self._intake, index, &size)
        key = PyBytes_FromStringAndSize(raw, size)
        known = self._addresses.get(key)
        if known is not None:
            return known
        if ch_read_address(self._intake, index, host, &port, &flow, &scope) == 4:
            address = ((<bytes>host).decode("ascii"), port)
        else:
            address = ((<bytes>host).decode("ascii"), port, flow, scope)
        if len(self._addresses) >= MAX_ADDRESSES:
            self._addresses.clear()
        self._addresses[key] = address
        return address
