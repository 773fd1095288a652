"""Encloses a process that takes apart what strangers made: little memory and time, and no way to any network.

Children that are run by their path load it by its path: it knows nothing of the engine and starts nothing."""

import ctypes
import os
import resource
import struct

NO_NEW_PRIVILEGES, SET_FILTER, FILTER = 38, 22, 2
# Of each processor: the kernel's name of its calls, and the calls that open a socket, or a ring that could.
CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
LOAD, EQUAL, AT_LEAST, END = 0x20, 0x15, 0x35, 0x06     # instructions of the kernel's filter
ALLOW, REFUSE = 0x7FFF0000, 0x00050001         # the call is made; it ends with EPERM
OTHER_CALLS = 0x40000000                       # numbers from here on are the same calls under a second name
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000


def enclose(memory: int, seconds: int) -> bool:
    """Bound this process for good, in bytes of addresses and seconds of work; whether it is without a network too,
    which every Linux on these processors allows, in containers too."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        return _without_sockets() or _in_empty_network()
    except (AttributeError, OSError):          # not Linux
        return False


def _without_sockets() -> bool:
    known = CALLS.get(os.uname().machine)
    if known is None:
        return False
    names, socket, ring = known
    steps = (                                  # instruction, steps to skip where it holds, where it does not, operand
        (LOAD, 0, 0, 4), (EQUAL, 0, 5, names), (LOAD, 0, 0, 0), (AT_LEAST, 3, 0, OTHER_CALLS), (EQUAL, 2, 0, socket),
        (EQUAL, 1, 0, ring), (END, 0, 0, ALLOW), (END, 0, 0, REFUSE),
    )
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    filled = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(program)))
    control = ctypes.CDLL(None, use_errno=True).prctl
    zero = ctypes.c_ulong(0)
    if control(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), zero, zero, zero):
        return False
    return bool(control(SET_FILTER, ctypes.c_ulong(FILTER), filled, zero, zero) == 0)


def _in_empty_network() -> bool:
    unshare = ctypes.CDLL(None).unshare
    return bool(unshare(NEW_NETWORK) == 0 or unshare(NEW_USER | NEW_NETWORK) == 0)
