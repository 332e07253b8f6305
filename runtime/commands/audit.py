"""``nuanliu audit``: whether the trail of who did and saw what is whole, and what is in it."""

from typing import Annotated

import typer

from runtime.commands.terminal import ConfigOption, say, with_records

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="The audit: who did or saw what.")


@app.command("verify")
def verify_audit(config: ConfigOption = None) -> None:
    """Check that no entry was changed or removed; ends with 1 and the first broken entry otherwise.

    The running alerting does the same once a day. A cut at the very end only shows against an earlier answer: keep it.
    """
    with with_records(config) as (_, records):
        number = records.audit.verify_chain()
        last = records.audit.entries(limit=1)
        say(f"whole: {number} entries" + (f", last hash {last[0].hash}" if last else ""))


@app.command("list")
def list_audit(
    who: Annotated[str | None, typer.Option("--who", help="Only what this person did.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Only what is about this, for example household:h1.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Entries, newest first.")] = 100,
    config: ConfigOption = None,
) -> None:
    """List entries, newest first."""
    with with_records(config) as (_, records):
        for one in records.audit.entries(who=who, subject=subject, limit=limit):
            say(
                f"{one.sequence} {one.at:%Y-%m-%d %H:%M:%S}Z {one.who}: {one.action} {one.subject} {dict(one.detail)}"
            )
