"""The supervisor starts in order, stops in reverse, and ends when a part dies."""

import threading

import pytest

from runtime.supervisor import Part, Supervisor


class Recorder:
    """Notes what happened to its parts."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.alive = {"broker": True, "web": True}

    def part(self, name: str, *, fails: bool = False, stop_fails: bool = False) -> Part:
        def start() -> None:
            if fails:
                raise OSError(name)
            self.events.append(f"start {name}")

        def stop() -> None:
            self.events.append(f"stop {name}")
            if stop_fails:
                raise OSError(name)

        return Part(name=name, start=start, stop=stop, is_alive=lambda: self.alive.get(name, True))


def test_parts_start_in_order_and_stop_in_reverse() -> None:
    recorder = Recorder()
    supervisor = Supervisor([recorder.part("broker"), recorder.part("web")])
    supervisor.start()
    supervisor.stop()
    assert recorder.events == ["start broker", "start web", "stop web", "stop broker"]


def test_a_failing_start_stops_what_runs_and_goes_on() -> None:
    recorder = Recorder()
    with pytest.raises(OSError, match="web"):
        Supervisor([recorder.part("broker"), recorder.part("web", fails=True)]).start()
    assert recorder.events == ["start broker", "stop broker"]


def test_a_part_that_fails_to_stop_does_not_keep_the_others() -> None:
    recorder = Recorder()
    supervisor = Supervisor([recorder.part("broker"), recorder.part("web", stop_fails=True)])
    supervisor.start()
    supervisor.stop()
    assert recorder.events[-1] == "stop broker"


def test_a_dead_part_ends_the_wait_and_is_named() -> None:
    recorder = Recorder()
    supervisor = Supervisor([recorder.part("broker"), recorder.part("web")], check_interval_s=0.01)
    supervisor.start()
    recorder.alive["web"] = False
    assert supervisor.wait(duration_s=10) is False
    assert supervisor.dead_part == "web"


def test_the_wait_ends_with_the_time_and_with_a_request() -> None:
    supervisor = Supervisor([Recorder().part("web")], check_interval_s=0.01)
    supervisor.start()
    assert supervisor.wait(duration_s=0.02) is True
    threading.Timer(0.02, supervisor.request_stop).start()
    assert supervisor.wait() is True
