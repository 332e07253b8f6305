"""The registry of a scenario: its preset, with the scenario's own size.

What lives here: which site a scenario means when no registry file is given. What does not: how a site is made up
(`simulators.site.generator`).
"""

from datetime import datetime

from heating.assets import Site
from heating.contacts import Contact
from simulators.scenario import Scenario
from simulators.site.generator import SITE_PRESETS, generate_site

__all__ = ["has_own_size", "site_of"]


def has_own_size(scenario: Scenario) -> bool:
    """Return whether the scenario's registry differs from its preset, so that the product needs its registry as a file."""
    sizes = (scenario.stations, scenario.homes, scenario.sensed_fraction)
    return bool(scenario.sensor_mix.intervals) or any(value is not None for value in sizes)


def site_of(scenario: Scenario, *, seed: int, now: datetime) -> tuple[Site, tuple[Contact, ...]]:
    """Return the registry of a scenario and the people to call.

    Parameters
    ----------
    scenario : Scenario
        Preset and sizes.
    seed : int
        Same seed, same registry.
    now : datetime
        Present moment; devices were installed before its season.
    """
    preset = SITE_PRESETS[scenario.site]
    sensed = preset.sensed_fraction if scenario.sensed_fraction is None else scenario.sensed_fraction
    return generate_site(
        stations=scenario.stations or preset.stations,
        households=scenario.homes or preset.households,
        sensed_fraction=sensed,
        seed=seed,
        now=now,
        station_interval_s=preset.station_interval_s,
        two_circuits_share=preset.two_circuits_share,
        room_interval_s=scenario.sensor_mix.intervals or preset.room_interval_s,
    )
