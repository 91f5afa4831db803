# More processes than the policy lets live. Root is not bound by this limit.
# clause: limits
# stopped: temporarily unavailable
# control: user
# users: user
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return result


import time

children = []
try:
    for _ in range(150):
        pid = os.fork()
        if pid == 0:
            time.sleep(5)
            os._exit(0)
        children.append(pid)
except OSError as error:
    sys.exit(error.strerror)
finally:
    for pid in children:
        os.kill(pid, 9)
