# open_by_handle_at(2) goes by no path.
# clause: deny
# stopped: Operation not permitted|not supported
# control: root
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


import struct
handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
mount = ctypes.c_int()
call(303, -100, b"file", handle, ctypes.byref(mount), 0)
call(304, os.open(".", os.O_RDONLY), handle, 0)
