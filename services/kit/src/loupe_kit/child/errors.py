"""How a call into a child process can fail, besides with the target's own exception."""

import signal


class ChildDied(Exception):
    """The process ended in the middle of a call.

    Args:
        exit_code: As of `subprocess`: negative for a signal.
    """

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        self.signal_name = _signal_name(exit_code)
        how = f"killed by {self.signal_name}" if self.signal_name else f"exit code {exit_code}"
        super().__init__(exit_code)
        self._text = f"The worker process died ({how})."

    def __str__(self) -> str:
        return self._text


class ChildFailed(Exception):
    """The target raised something that cannot travel between processes, or could not be imported.

    Args:
        type_name: Name of the exception's class in the child.
        text: Its message.
        traceback: Where it was raised, for logs.
    """

    def __init__(self, type_name: str, text: str, traceback: str) -> None:
        # All three are the exception's args, which is what pickle calls the class with.
        super().__init__(type_name, text, traceback)
        self.type_name = type_name
        self.text = text
        self.traceback = traceback

    def __str__(self) -> str:
        return f"{self.type_name}: {self.text}"


def _signal_name(exit_code: int) -> str | None:
    """`SIGSEGV` for -11; None if no signal ended the process."""
    if exit_code >= 0:
        return None
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
