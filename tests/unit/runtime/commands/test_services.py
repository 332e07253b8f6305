"""``nuanliu serve`` and the rooms: a part that stays dead ends the process with 1."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from config.settings.tree import Settings
from heating.background import BackgroundLoop
from runtime.commands import services
from runtime.supervisor import Part, Supervisor


def settings_in(folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "timeseries": {"url": f"duckdb:///{folder}/store"},
            "records": {"url": f"sqlite:///{folder}/records.sqlite3"},
            "collector": {"spool_dir": str(folder / "spool")},
            "mqtt": {"host": "127.0.0.1", "port": 1},
            "web": {"port": 0, "secret": "0123456789abcdefghijklmnopqrstuvwxyz"},
        }
    )


def test_a_part_whose_loop_dies_again_and_again_ends_the_process_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def step() -> None:
        raise ZeroDivisionError("a mistake of ours")

    errors: list[Exception] = []
    loop = BackgroundLoop(step, name="breaks", every_s=60, on_error=errors.append)
    part = Part(name="breaks", start=loop.start, stop=loop.stop, is_alive=lambda: loop.is_running)
    supervisor = Supervisor([part], check_interval_s=0.01)
    monkeypatch.setattr(supervisor, "catch_signals", lambda: None)
    closed: list[bool] = []
    house = SimpleNamespace(supervisor=lambda: supervisor, close=lambda: closed.append(True), web=None)
    monkeypatch.setattr(services, "open_house", lambda *_args, **_named: house)
    monkeypatch.setattr(services, "settings_from", lambda _config: settings_in(tmp_path))
    with pytest.raises(typer.Exit) as ended:
        services.collector()
    assert ended.value.exit_code == 1
    assert closed == [True]
    assert {type(error) for error in errors} == {ZeroDivisionError}
    assert "a part died: breaks" in capsys.readouterr().err
