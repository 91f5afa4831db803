# The workspace itself is moved.
# clause: write
# stopped: Read-only|busy|No such file
# control: root user
# users: root user
mv "$WS" "$WS.aside" && mv "$WS.aside" "$WS"
