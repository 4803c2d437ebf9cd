"""What the command line tells a person instead of a traceback."""


class CliError(Exception):
    """An expected failure. The message says what is wrong, where, and what to do; the exit code is 1."""
