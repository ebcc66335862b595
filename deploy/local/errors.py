"""What the stack says when it can't go on: one sentence with the way out."""


class StackError(Exception):
    """The stack can't do what was asked; the message says why and what to do."""


class AlreadyRunning(StackError):
    """Another process runs the stack of this folder."""
