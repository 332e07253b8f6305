"""Two days of whole stations, healthy and with each fault: heat closes on both sides of the exchanger."""

import numpy as np
import pytest

from tests.unit.simulators.stations.stand import Stand

FAULTS: dict[str, dict[str, float | bool]] = {
    "healthy": {},
    "pump tripped": {"pump_tripped": True},
    "mains lost": {"mains_ok": False},
    "burst": {"secondary_leak_m2": 1.2e-3},
    "slow leak": {"secondary_leak_m2": 2e-5},
    "plates leak": {"exchanger_leak_m2": 4e-5},
    "hunting": {"valve_gain_factor": 20.0},
    "fouled": {"exchanger_ua_factor": 0.3},
    "air": {"air_share": 0.6},
}


@pytest.mark.parametrize("values", FAULTS.values(), ids=FAULTS.keys())
def test_heat_balances_close_over_two_days_with_a_fault(values: dict[str, float | bool]) -> None:
    stand = Stand()
    secondary, primary = stand.balance_kj(), stand.primary_balance_kj()
    stand.run(12)
    stand.break_at(0, **values)
    stand.run(12)
    stand.effects.mains_ok[:] = True
    stand.effects.pump_tripped[:] = False
    stand.run(24)
    given = np.maximum(stand.exchanged_kj, 1.0)
    assert np.abs((stand.balance_kj() - secondary) / given).max() < 0.001
    assert np.abs((stand.primary_balance_kj() - primary) / given).max() < 0.001
