"""The errors of this package. Each message says what is wrong and, where that is known, what to do about it."""


class TributaryError(Exception):
    """What every error of this package is."""


class TrainerError(TributaryError):
    """A trainer breaks a rule: a tensor is missing or has another shape, a loss is no number, and the like."""


class FrameError(TributaryError):
    """The agent and the trainer do not understand each other."""


class WireError(TributaryError):
    """Bytes are not the one encoding of a message."""


class VerificationError(TributaryError):
    """What a gateway says does not follow from the genesis."""


class GatewayError(TributaryError):
    """A gateway does not answer, or refuses."""

    def __init__(self, message: str, status: int = 0):
        super().__init__(message)
        # The status of HTTP; zero if there was no answer.
        self.status = status
