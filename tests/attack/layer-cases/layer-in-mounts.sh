# The folder of the layer by the paths that the mount was made of.
# clause: read
# stopped: not there
# control: 
# users: root user
for folder in $(sed -n 's/.*upperdir=\([^,]*\).*/\1/p' /proc/self/mountinfo); do
	[ -d "$folder" ] && touch "$folder/mark" && exit 0
done
echo "the folders are not there"
exit 1
