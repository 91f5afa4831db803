# The same in the repository of a submodule.
# clause: protect
# stopped: Read-only|cannot create
# control: root user
# users: root user
echo x >.git/modules/sub/hooks/post-checkout
