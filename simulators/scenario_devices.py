"""Parts of a scenario about devices: how good the room sensors are, and in which payload families devices speak.

What lives here: fields, defaults and limits. What does not: what becomes of a reading (`simulators.devices.room_sensors`),
payloads (`simulators.devices.payloads`).
"""

import math
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, field_validator

from simulators.scenario_parts import Part, Seconds

__all__ = ["PayloadMix", "RoomFamily", "SensorMix", "StationFamily"]


class RoomFamily(StrEnum):
    """Payload families in which simulated room sensors speak."""

    NATIVE = "native"
    CHIRPSTACK_V4 = "chirpstack_v4"
    TTN_V3 = "ttn_v3"
    NB_0X68 = "nb_0x68"
    CTWING_AEP = "ctwing_aep"
    ONENET = "onenet"
    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"


class StationFamily(StrEnum):
    """Payload families in which simulated stations speak; the last two are of the heat meter, the rest goes native."""

    NATIVE = "native"
    MODBUS_JSON = "modbus_json"
    EMQX_NEURON = "emqx_neuron"
    SPARKPLUG_B = "sparkplug_b"
    CJT188_HEAT_METER = "cjt188_heat_meter"
    MBUS_WIRED = "mbus_wired"


class SensorMix(Part):
    """Imperfections of the room sensors; the defaults are those of the design, all zero is a perfect instrument."""

    noise_k: float = Field(0.05, ge=0, le=2)
    """Spread of the noise of each reading, one sigma [K]."""
    bias_k: float = Field(0.3, ge=0, le=5)
    """Spread of the lasting errors of sensors, one sigma [K]."""
    drift_k_per_year: float = Field(0.06, ge=0, le=5)
    """Spread of the ageing of probes, one sigma [K/a]."""
    resolutions: dict[float, float] = Field(default_factory=lambda: {0.1: 0.75, 0.5: 0.2, 1.0: 0.05})
    """Weights of the smallest steps that sensors show [K]."""
    by_radiator: float = Field(0.05, ge=0, le=1)
    """Share that hangs by the radiator and reads 1 to 3 K warm."""
    at_window: float = Field(0.05, ge=0, le=1)
    """Share that lies at a window and reads 1 to 2 K cold."""
    boxed: float = Field(0.03, ge=0, le=1)
    """Share that stands in a box or cupboard and follows the room with a delay of hours."""
    intervals: tuple[Seconds, ...] = ()
    """Times between messages of the kinds of sensor, one third of an hour to four hours in the field; empty takes the
    preset's. The registry says the same."""
    packets: float = Field(0.25, ge=0, le=1)
    """Share of natively speaking sensors that gather samples; NB-IoT collectors always do."""
    sample_interval: Seconds = Field(1200.0, ge=60)
    """Time between samples of sensors that gather them, up to six a packet [s]."""
    loss: float = Field(0.02, ge=0, le=1)
    """Share of messages that is lost."""
    bad_spots: float = Field(0.03, ge=0, le=1)
    """Share of sensors in bad radio spots, which lose 10 to 50 % of their messages."""
    outages_per_day: float = Field(0.01, ge=0, le=1)
    """Radio outages of a whole building, per building and day."""
    outage_length: Seconds = Field(5400.0, gt=0)
    """Mean length of such an outage; none is longer than a day [s]."""
    duplicates: float = Field(0.01, ge=0, le=1)
    """Share of messages that come twice."""
    late: float = Field(0.02, ge=0, le=1)
    """Share of messages that come hours later, as history."""
    clock_never_set: float = Field(0.005, ge=0, le=1)
    """Share of sensors whose clock was never set: arrival stands in for the time of measuring."""
    sentinels: float = Field(0.0003, ge=0, le=1)
    """Share of single readings for which the probe did not answer: 327.67 °C is sent."""
    weak_batteries: float = Field(0.02, ge=0, le=1)
    """Share of sensors in the last months of their battery."""

    @field_validator("resolutions")
    @classmethod
    def _weights(cls, weights: dict[float, float]) -> dict[float, float]:
        _check_weights(weights)
        if not all(0 < step <= 5 for step in weights):
            raise ValueError("resolutions must lie above 0 and not above 5 K")
        return weights

    @field_validator("intervals")
    @classmethod
    def _in_limits(cls, intervals: tuple[float, ...]) -> tuple[float, ...]:
        if not all(60 <= length <= 86_400 for length in intervals):
            raise ValueError("intervals must lie between 60s and 24h")
        return intervals


class PayloadMix(Part):
    """Weights of payload families; a device's family is drawn by its id, so that it never changes."""

    rooms: dict[RoomFamily, float] = Field(default_factory=lambda: {RoomFamily.NATIVE: 1.0})
    """Of room sensors."""
    stations: dict[StationFamily, float] = Field(default_factory=lambda: {StationFamily.NATIVE: 1.0})
    """Of stations."""

    @field_validator("rooms", "stations")
    @classmethod
    def _weights(cls, weights: dict[str, float]) -> dict[str, float]:
        _check_weights(weights)
        return weights

    @property
    def native_only(self) -> bool:
        """Whether every device speaks the native format."""
        listed = [*self.rooms.items(), *self.stations.items()]
        return all(str(family) == "native" or not weight for family, weight in listed)


def _check_weights(weights: Mapping[float, float] | Mapping[str, float]) -> None:
    values = list(weights.values())
    if not values or any(value < 0 or not math.isfinite(value) for value in values) or sum(values) <= 0:
        raise ValueError("weights must not be negative, and one must be above 0")
