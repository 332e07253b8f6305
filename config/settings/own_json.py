"""Where JSON of one's own keeps readings, names and times: a few paths instead of a decoder written in Python."""

from pydantic import BaseModel, ConfigDict

__all__ = ["OwnJsonSettings"]


class OwnJsonSettings(BaseModel):
    """Where messages of a route keep what the family ``modbus_json`` looks for; what is empty keeps its usual names.

    A path names members from the outside in, ``payload.vars``. A message without a member is read by the usual names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    values: str | None = None
    """Path of the readings: a map of names and values, or a list of items with a name and a value each."""
    name: str | None = None
    """Member of an item that names its point."""
    value: str | None = None
    """Member of an item that holds its value."""
    time: str | None = None
    """Path of the measured time."""
    device: str | None = None
    """Path of the device's id."""
