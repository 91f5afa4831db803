# renameat2(RENAME_EXCHANGE) of the folder above.
# clause: protect
# stopped: busy
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


os.makedirs("mine/hooks")
AT_FDCWD, EXCHANGE = -100, 2
call(316, AT_FDCWD, b".git", AT_FDCWD, b"mine", EXCHANGE)
