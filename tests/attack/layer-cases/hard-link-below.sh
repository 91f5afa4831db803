# A second name, by which the file below would be written.
# clause: write
# stopped: is as it was
# control: 
# users: root user
ln file other && echo changed >other
grep -q changed "$WS/../ws/file" || exit 1
# Within the layer both names are one file; the workspace is looked at from outside.
echo "the file below is as it was"
exit 1
