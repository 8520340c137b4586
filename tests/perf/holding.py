"""A file that stays in memory, as that of a hub does on a machine of its own.

A virtual machine may take away at any moment what its guest has not read for some
seconds. What is measured then is how fast the host gives it back.
"""

import ctypes
import mmap
import os
from contextlib import contextmanager

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (
    *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
    *(ctypes.c_int, ctypes.c_int, ctypes.c_long),
)
_libc.munmap.argtypes = _libc.mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_FAILED = ctypes.c_void_p(-1).value


@contextmanager
def held_in_memory(path):
    """Keep a file in memory as long as the context lasts; give whether it is.

    It is not where there is too little memory, or who measures may not lock any.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        flags = (mmap.PROT_READ, mmap.MAP_SHARED)
        place = _libc.mmap(None, size, *flags, file.fileno(), 0)
    if place == _FAILED:
        yield False
        return
    try:
        yield _libc.mlock(place, size) == 0
    finally:
        _libc.munmap(place, size)
