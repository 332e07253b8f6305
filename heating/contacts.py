"""Contacts of households: who to ring. Personal data, kept apart from the assets of `heating.assets`.

What lives here: the value and the masking of phone numbers. Reading files is in `storage.registry_files.reading`, keeping
is in `storage.records`.
"""

from dataclasses import dataclass

__all__ = ["Contact", "mask_phone"]

_SHOWN_HEAD = 3
_SHOWN_TAIL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Name and phone of a household's contact person."""

    household_id: str
    name: str = ""
    """Family and given name as on the contract; empty when unknown."""
    phone: str = ""
    """Digits, with a leading ``+`` for a number abroad; empty when unknown, ``138****1234`` when masked."""


def mask_phone(phone: str) -> str:
    """Return a phone number with its middle hidden, for example ``138****1234``; short ones lose all but two digits."""
    if len(phone) <= _SHOWN_HEAD + _SHOWN_TAIL:
        return "*" * max(len(phone) - 2, 0) + phone[-2:]
    hidden = len(phone) - _SHOWN_HEAD - _SHOWN_TAIL
    return phone[:_SHOWN_HEAD] + "*" * hidden + phone[-_SHOWN_TAIL:]
