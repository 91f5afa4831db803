# One outside.
# clause: sockets
# stopped: No such file
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


import socket

try:
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.environ["OUTSIDE"] + "/daemon.sock")
except OSError as error:
    sys.exit(error.strerror)
