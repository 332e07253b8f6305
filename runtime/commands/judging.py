"""``nuanliu judge-history``: history files through the rules, alarms and incidents out, for scores and trials."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer

from runtime.commands.terminal import ConfigOption, complain, errors_as_messages, say, settings_from
from runtime.headless_judging import HeadlessJudge

__all__ = ["judge_history"]

_TELL_EVERY = 4


def judge_history(
    history: Annotated[Path, typer.Option("--history", help="Folder of history files of the simulator.")],
    registry: Annotated[Path, typer.Option("--registry", help="Registry of the history, CSV or XLSX.")],
    out: Annotated[Path, typer.Option("--out", help="Gets alarms.jsonl and incidents.jsonl.")],
    step_s: Annotated[
        float, typer.Option("--step", min=1, max=3600, help="Seconds between evaluations.")
    ] = 300.0,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more files until one named complete is there.")
    ] = False,
    consume: Annotated[bool, typer.Option("--consume", help="Delete each file when it is judged.")] = False,
    config: ConfigOption = None,
) -> None:
    """Lead history files through the rules in virtual time and write the alarms and incidents that follow.

    Stores of the settings are not touched. Lines have the shape of the API's lists; the last line on standard output
    is JSON with the counts.
    """
    settings = settings_from(config)

    def report(files: int) -> None:
        if files % _TELL_EVERY == 0:
            complain("judged: {files} files", files=files)

    with errors_as_messages():
        judge = HeadlessJudge(settings=settings, registry=registry, out=out, step=timedelta(seconds=step_s))
        judged = judge.judge(history, follow=follow, consume=consume, progress=report)
    say(orjson.dumps(judged).decode())
