# A program of root for everybody, made by root without capabilities.
# clause: write
# stopped: not permitted
# control: root
# users: root
cp /bin/true program && chmod 4755 program
