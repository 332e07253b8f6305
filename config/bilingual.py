"""Texts in the two languages of the house, as files of rules and causes hold them."""

from dataclasses import dataclass

__all__ = ["BilingualText"]


@dataclass(frozen=True, slots=True)
class BilingualText:
    """A text in the two languages of the house."""

    zh: str
    """Chinese."""
    en: str
    """English."""

    def in_locale(self, locale: str) -> str:
        """Return the Chinese text for ``zh…``, the English one otherwise."""
        return self.zh if locale.startswith("zh") else self.en
