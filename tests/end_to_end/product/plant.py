"""A small plant that the test moves by hand: stations and rooms that report by MQTT what the test says."""

import json
import threading
import time
from collections.abc import Mapping

import paho.mqtt.client as paho

from heating.assets import Station

__all__ = ["NORMAL_STATION", "Plant", "healthy_values"]

NORMAL_STATION: Mapping[str, float | bool] = {
    "primary_supply_temp_c": 95.0,
    "primary_return_temp_c": 48.0,
    "primary_supply_pressure_mpa": 0.85,
    "primary_return_pressure_mpa": 0.45,
    "primary_flow_m3_per_h": 30.0,
    "secondary_supply_temp_c": 52.0,
    "secondary_supply_temp_setpoint_c": 52.0,
    "secondary_return_temp_c": 42.0,
    "secondary_supply_pressure_mpa": 0.45,
    "secondary_return_pressure_mpa": 0.32,
    "secondary_return_pressure_setpoint_mpa": 0.32,
    "secondary_flow_m3_per_h": 120.0,
    "makeup_tank_level_m": 1.5,
    "circulation_pump_1_running": True,
    "circulation_pump_2_running": False,
    "mains_power_ok": True,
}


def healthy_values(station: Station) -> dict[str, float | bool]:
    """Return what a healthy station of the registry reports: its design flow, pressures above its static head."""
    holding_mpa = max(0.32, (station.static_head_mpa or 0.0) + 0.1)
    return {
        **NORMAL_STATION,
        "secondary_flow_m3_per_h": station.design_flow_m3_per_h or 100.0,
        "secondary_return_pressure_mpa": holding_mpa,
        "secondary_return_pressure_setpoint_mpa": holding_mpa,
        "secondary_supply_pressure_mpa": holding_mpa + 0.13,
    }


class Plant:
    """Publishes every object's present values twice a second, until it is silenced."""

    def __init__(self, *, host: str, port: int, area: str) -> None:
        self._area = area
        self._lock = threading.Lock()
        self._values: dict[tuple[str, str], dict[str, float | bool]] = {}
        self._stop = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="test-plant")
        self._client.connect(host, port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def set(self, kind: str, object_id: str, values: Mapping[str, float | bool]) -> None:
        """Change values of an object (``station`` or ``room``), which speaks from now on."""
        with self._lock:
            self._values.setdefault((kind, object_id), {}).update(values)

    def silence(self, kind: str, object_id: str) -> None:
        """Let an object say nothing more."""
        with self._lock:
            self._values.pop((kind, object_id), None)

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish one message and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1).wait_for_publish(10)

    def stop(self) -> None:
        """Stop publishing and disconnect."""
        self._stop.set()
        self._thread.join(10)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            with self._lock:
                messages = {key: dict(values) for key, values in self._values.items()}
            now_ms = time.time_ns() // 1_000_000
            for (kind, object_id), values in messages.items():
                topic = f"heat/{self._area}/{kind}/{object_id}/telemetry"
                self._client.publish(topic, json.dumps({"t": now_ms, "v": values}), qos=1)
