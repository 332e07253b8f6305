"""Refusals that several subjects share: not there (or not for you), no such point, a request that makes no sense."""

from heating.errors import HeatingError

__all__ = [
    "InvalidRequestError",
    "NotVisibleError",
    "TooManyStreamsError",
    "UnfitActionError",
    "UnknownPointError",
]


class NotVisibleError(HeatingError):
    """There is no such thing, or the viewer may not see it; the two look the same from outside."""


class UnknownPointError(HeatingError):
    """A trend was asked for a point that does not exist."""


class InvalidRequestError(HeatingError):
    """A parameter does not make sense; the message says which and what to send."""


class TooManyStreamsError(HeatingError):
    """An account has as many event streams open as it may: 429."""

    retryable = True


class UnfitActionError(HeatingError):
    """The action lacks something: a reason, a text, an end in the allowed range. The message says what."""
