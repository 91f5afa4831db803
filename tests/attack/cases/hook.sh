# A program that git would run for the user.
# clause: protect
# stopped: Read-only|cannot create|nonexistent
# control: root user
# users: root user
echo x >.git/hooks/pre-commit
