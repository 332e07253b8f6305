"""How long a person's data are kept: the policy as settings. What is kept for how long and why: docs/privacy.md.

Not here: the erasing (`storage.records.privacy`) and the ends of sessions, which are those of `web.session_*`.
"""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PrivacySettings"]


class PrivacySettings(BaseModel):
    """How long a person's data are kept; erased once a day by the process that judges."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    ticket_words_days: int = Field(1095, ge=180)
    """Description and notes of a ticket are erased this long after its end [d]; its times, category and promises stay.
    Three years: the limitation period of claims, Civil Code of China, article 188."""
    sensor_link_days: int = Field(1826, ge=1)
    """Which sensor measured which home is forgotten this long after it left [d]: its temperatures are then nobody's.
    Five years: as long as roll-ups are kept."""
    notice_days: int = Field(90, ge=7)
    """Notices that were delivered or given up, with the addresses they name, are deleted after this long [d]."""
