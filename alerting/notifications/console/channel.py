"""The console channel: each announced alarm is one log line."""

import structlog

from alerting.notifications.rendering import notice_text
from config.rules.reading import RuleSet
from heating.protocols import Delivery, OutboxMessage

__all__ = ["ConsoleChannel"]

_log = structlog.get_logger()


class ConsoleChannel:
    """Writes notices to the log."""

    def __init__(self, *, rules: RuleSet, locale: str = "zh_CN") -> None:
        self.name = "console"
        self._rules, self._locale = rules, locale

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Write one line."""
        body = message.body
        _log.info(
            "alerting.announced",
            text=notice_text(body, self._rules, self._locale),
            reason=body.get("reason"),
            rule=body.get("rule_id"),
            priority=body.get("priority"),
            subject=body.get("subject"),
            alarm=body.get("alarm_id"),
        )
        return Delivery(ok=True)

    def close(self) -> None:
        """Nothing to let go of."""
