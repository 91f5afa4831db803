# A socket that somebody listens on, in the workspace.
# clause: sockets
# stopped: Permission denied|refused
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
    s.connect(os.environ["WS"] + "/daemon.sock")
except OSError as error:
    sys.exit(error.strerror)
