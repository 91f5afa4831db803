# prlimit(2).
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


limit = (ctypes.c_ulong * 2)(64, 64)
call(302, int(os.environ["VICTIM"]), 7, limit, None)
