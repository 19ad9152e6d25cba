# cython: boundscheck=False, wraparound=False, cdivision=True
"""The compiled twin of `forward.fanout_py`."""

cdef int _version = 1


def version():
    """Of the interface between this module and the package."""
    return _version
