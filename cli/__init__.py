"""The operator's commands, and the one place where everything is wired together."""
