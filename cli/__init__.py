"""The operator's commands, and the one place where everything is wired together."""

__version__ = "0.1.0"
