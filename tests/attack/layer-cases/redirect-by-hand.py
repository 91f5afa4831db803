# A folder that the overlay would look for elsewhere: at what is denied.
# clause: deny
# stopped: No such file|not supported
# control: 
# users: root user
import os
import sys

try:
    os.mkdir("mine")
    os.setxattr("mine", "user.overlay.redirect", b"/secret/below")
    print(open("mine/key").read())
except OSError as error:
    sys.exit(error.strerror)
