# The folder above protected ones is moved away, and made anew.
# clause: protect
# stopped: busy
# control: root user
# users: root user
mv .git aside && mkdir -p .git/hooks && echo x >.git/hooks/pre-commit
