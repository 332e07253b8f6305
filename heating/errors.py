"""The root of the project's exceptions. Each room keeps its own errors beside the code that raises them."""

__all__ = ["HeatingError"]


class HeatingError(Exception):
    """Root of every error that this project raises on purpose.

    Attributes
    ----------
    retryable : bool
        True when the same call may succeed later without a change (a server is away, a disk is full for a while).
    """

    retryable: bool = False
