# MPTCP, which Landlock does not know.
# clause: net
# stopped: unreachable
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
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
    s.connect(("127.0.0.1", int(os.environ["PORT"])))
except OSError as error:
    sys.exit(error.strerror)
