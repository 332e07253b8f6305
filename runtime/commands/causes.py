"""``nuanliu causes``: lint causes and symptoms, and list what can be explained."""

from pathlib import Path
from typing import Annotated

import typer

from alerting.judging.symptoms.linter import lint_symptoms
from config.causes.linter import lint_causes
from config.causes.reading import load_causes
from config.symptoms.reading import load_symptoms
from runtime.commands.terminal import FAILED, complain, errors_as_messages, say

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Causes of incidents, and the symptoms that speak for them.")

CausesOption = Annotated[
    Path | None, typer.Option("--causes", help="Folder of cause files; the shipped ones when not given.")
]
SymptomsOption = Annotated[
    Path | None, typer.Option("--symptoms", help="Folder of symptom files; the shipped ones when not given.")
]


@app.command("lint")
def lint(causes: CausesOption = None, symptoms: SymptomsOption = None) -> None:
    """Check causes and symptoms beyond their form: names, units, weights that can never open, circles."""
    with errors_as_messages():
        known = load_symptoms(symptoms)
        chosen = load_causes(causes)
        mistakes = [*lint_symptoms(known), *lint_causes(chosen, known.names())]
    for mistake in mistakes:
        complain(str(mistake))
    if mistakes:
        raise typer.Exit(FAILED)
    say("{causes} causes and {symptoms} symptoms are in order", causes=len(chosen), symptoms=len(known))


@app.command("list")
def list_causes(causes: CausesOption = None) -> None:
    """List causes by level: id, priority, where people meet it, name, the symptoms that found it."""
    with errors_as_messages():
        chosen = load_causes(causes)
    for entry in chosen:
        founding = ", ".join(sorted(entry.cause.expect, key=lambda name: -entry.cause.expect[name]))
        say(
            f"{entry.cause.level.word:8} {entry.cause_id:26} {entry.priority.name} {entry.shown:10} "
            f"{entry.name.zh} / {entry.name.en}: {founding or 'cold homes'}"
        )
