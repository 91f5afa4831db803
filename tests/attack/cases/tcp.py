# TCP to a server of this machine.
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
    socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 2)
except OSError as error:
    sys.exit(error.strerror)
