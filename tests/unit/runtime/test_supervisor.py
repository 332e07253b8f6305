"""The supervisor starts in order, stops in reverse, starts a dead part again alone, and ends when one stays dead."""

import threading

import pytest

from runtime.supervisor import MOST_RESTARTS, RESTART_WINDOW_S, Part, Supervisor


class Recorder:
    """Notes what happened to its parts."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.alive = {"broker": True, "web": True}
        self.revives = True

    def part(
        self, name: str, *, fails: bool = False, stop_fails: bool = False, starts_again: bool = True
    ) -> Part:
        def start() -> None:
            if fails:
                raise OSError(name)
            self.events.append(f"start {name}")
            if self.revives:
                self.alive[name] = True

        def stop() -> None:
            self.events.append(f"stop {name}")
            if stop_fails:
                raise OSError(name)

        return Part(
            name=name,
            start=start,
            stop=stop,
            is_alive=lambda: self.alive.get(name, True),
            starts_again=starts_again,
        )


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


def test_a_dead_part_is_started_again_and_the_others_go_on() -> None:
    recorder = Recorder()
    supervisor = Supervisor([recorder.part("broker"), recorder.part("web")], check_interval_s=0.01)
    supervisor.start()
    recorder.alive["web"] = False
    assert supervisor.wait(duration_s=0.05) is True
    assert recorder.events == ["start broker", "start web", "stop web", "start web"]
    assert supervisor.restarts == 1


def test_a_part_that_cannot_start_again_ends_the_wait_and_is_named() -> None:
    recorder = Recorder()
    parts = [recorder.part("web"), recorder.part("broker", starts_again=False)]
    supervisor = Supervisor(parts, check_interval_s=0.01)
    supervisor.start()
    recorder.alive["broker"] = False
    assert supervisor.wait(duration_s=10) is False
    assert supervisor.dead_part == "broker"


def test_a_part_that_dies_again_and_again_ends_the_wait() -> None:
    recorder = Recorder()
    supervisor = Supervisor([recorder.part("web")], check_interval_s=0.01)
    supervisor.start()
    recorder.revives, recorder.alive["web"] = False, False
    assert supervisor.wait(duration_s=10) is False
    assert recorder.events.count("start web") == 1 + MOST_RESTARTS


def test_restarts_far_apart_do_not_add_up() -> None:
    recorder, times = Recorder(), iter(range(0, 100 * int(RESTART_WINDOW_S), int(RESTART_WINDOW_S)))
    supervisor = Supervisor([recorder.part("web")], check_interval_s=0.001, now_s=lambda: float(next(times)))
    supervisor.start()
    recorder.revives, recorder.alive["web"] = False, False
    assert supervisor.wait(duration_s=0.02) is True
    assert supervisor.restarts > MOST_RESTARTS


def test_the_wait_ends_with_the_time_and_with_a_request() -> None:
    supervisor = Supervisor([Recorder().part("web")], check_interval_s=0.01)
    supervisor.start()
    assert supervisor.wait(duration_s=0.02) is True
    threading.Timer(0.02, supervisor.request_stop).start()
    assert supervisor.wait() is True
