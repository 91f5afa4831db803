# The lane shall be the first to be killed when memory runs out.
# clause: others
# stopped: Read-only|Permission
# control: 
# users: root user
echo 1000 >/proc/1/oom_score_adj
