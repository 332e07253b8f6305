"""Set-up of structured logging for every process of the product. Log lines go to standard error."""

import logging
import sys

import structlog

from config.settings.tree import LogSettings

__all__ = ["set_up_logging"]


def set_up_logging(settings: LogSettings) -> None:
    """Configure structlog once per process: JSON lines or readable lines on standard error.

    Library loggers (uvicorn, apscheduler, sqlalchemy) are passed through at warning level and above.
    """
    level = getattr(logging, settings.level.upper())
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_rendering(settings.format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _rendering(style: str) -> list[structlog.types.Processor]:
    """Return what makes a line; tracebacks are plain: local variables may be passwords, phones and tokens."""
    if style == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
