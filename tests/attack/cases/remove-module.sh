# The repository of a submodule is made anew.
# clause: protect
# stopped: busy|Read-only
# control: root user
# users: root user
rm -r .git/modules/sub && mkdir -p .git/modules/sub/hooks
