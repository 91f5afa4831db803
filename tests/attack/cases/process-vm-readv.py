# process_vm_readv(2).
# clause: others
# stopped: No such process
# control: root user
# users: root user
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return result


class Part(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("n", ctypes.c_size_t)]


room = ctypes.create_string_buffer(8)
here = Part(ctypes.addressof(room), 8)
try:
    at = int(open(f"/proc/{os.environ['VICTIM']}/maps").readline().split("-")[0], 16)
except OSError:
    at = 4096
there = Part(at, 8)
call(310, int(os.environ["VICTIM"]), ctypes.byref(here), 1, ctypes.byref(there), 1, ctypes.c_long(0))
