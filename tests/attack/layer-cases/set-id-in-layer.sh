# A program with a set-id bit, left in the layer.
# clause: write
# stopped: not permitted|no set-id
# control: 
# users: root user
cp /bin/true mine && chmod u+s mine || exit 1
[ -u mine ] || { echo "it has no set-id bit"; exit 1; }
[ "$(id -u)" = 0 ] || { echo "it has no set-id bit of anybody else"; exit 1; }
