"""The two families of failure. Everything that can go wrong with an event or a server is one of them.

*Recoverable*: the same work may succeed later (a server is away, a transaction conflicted): it is retried with delay.
*Invalid*: the same work can never succeed (an unknown type, an impossible value): it is refused or quarantined with
its reason and never retried by itself.

Messages name the verb that failed and never carry personal data.
"""


class RecoverableError(Exception):
    """The work failed for now and may be tried again unchanged."""


class InvalidError(Exception):
    """The work can never succeed as it is; ``reason`` is a sentence for the person who has to mend it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BusUnavailableError(RecoverableError):
    """JetStream did not acknowledge in time or cannot be reached."""


class BusFullError(RecoverableError):
    """JetStream refuses to store more (storage or stream limit reached)."""


class StreamLostError(Exception):
    """The source of truth is gone or was replaced: a service must stop rather than go on with an emptied store."""


class FormatError(Exception):
    """Another version stored what is there, in a format that this one does not read: a service must stop rather than
    misread it."""
