"""Recompute with pandapipes what `tests/unit/simulators/network/reference/pandapipes_mains.json` holds.

Not a test and not imported by one: pandapipes brings some 500 MB and is in no lock. In an environment of its own:
``pip install .[oracle]`` and then ``python -m tests.support.pipe_network_oracle`` compares the kept pressures with new ones,
``--write`` takes new ones over. The tests compare the simulator with the kept file, so they always run.
"""

import json
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from simulators.city_layout import lay_out
from simulators.network.pipe_plan import draw_pipes
from simulators.random_streams import RandomStreams
from simulators.site.generator import generate_site
from simulators.stations.station_parameters import draw_stations

FILE = Path(__file__).parents[1] / "unit/simulators/network/reference/pandapipes_mains.json"
TOLERANCE_BAR = 1e-5
_ROUGHNESS_M, _DENSITY, _VISCOSITY_M2_PER_S = 0.0005, 988.0, 4.1e-7


def mains() -> dict[str, Any]:
    """Return the supply mains of a made-up town of 24 stations at design flow, without pressures."""
    now = datetime(2026, 1, 15, 4, tzinfo=UTC)
    site, _ = generate_site(stations=24, households=9600, sensed_fraction=0, seed=7, now=now)
    layout, random = lay_out(site), RandomStreams(7)
    stations = draw_stations(layout, random)
    plan = draw_pipes(layout, random, stations.primary_design_m3_per_h)
    return {
        "parent": plan.parent.tolist(),
        "length_m": np.round(plan.length_m, 3).tolist(),
        "width_m": plan.width_m.tolist(),
        "taken_kg_per_s": {
            str(node): round(float(flow) * _DENSITY / 3600, 6)
            for node, flow in zip(plan.station, stations.primary_design_m3_per_h, strict=True)
        },
        "roughness_m": _ROUGHNESS_M,
        "density_kg_per_m3": _DENSITY,
        "viscosity_m2_per_s": _VISCOSITY_M2_PER_S,
        "root_bar": 10.0,
    }


def pressures_bar(town: dict[str, Any]) -> list[float]:
    """Return the pressure at every node as pandapipes finds it."""
    pp: Any = import_module("pandapipes")
    fluid = pp.create_constant_fluid(
        name="hot water",
        fluid_type="liquid",
        density=town["density_kg_per_m3"],
        viscosity=town["viscosity_m2_per_s"] * town["density_kg_per_m3"],
        heat_capacity=4182.0,
        molar_mass=18.0,
    )
    net = pp.create_empty_network(fluid=fluid)
    nodes = [pp.create_junction(net, pn_bar=town["root_bar"], tfluid_k=343.15) for _ in town["parent"]]
    pp.create_ext_grid(net, nodes[0], p_bar=town["root_bar"], t_k=343.15)
    for node, above in enumerate(town["parent"]):
        if above >= 0:
            pp.create_pipe_from_parameters(
                net,
                nodes[above],
                nodes[node],
                length_km=town["length_m"][node] / 1000,
                inner_diameter_mm=town["width_m"][node] * 1000,
                k_mm=town["roughness_m"] * 1000,
            )
    for node, taken in town["taken_kg_per_s"].items():
        pp.create_sink(net, nodes[int(node)], mdot_kg_per_s=taken)
    pp.pipeflow(net, friction_model="colebrook", tol_p=1e-8, tol_m=1e-8, max_iter_hyd=200)
    return [round(float(value), 6) for value in net.res_junction.p_bar]


def main() -> int:
    """Compare or, with ``--write``, renew the kept pressures; 0 when they agree."""
    town = mains()
    found = pressures_bar(town)
    if "--write" in sys.argv:
        version = import_module("pandapipes").__version__
        source = f"pandapipes {version}, pipeflow with friction_model colebrook (implicit formula of Colebrook and White)"
        FILE.write_text(json.dumps({"source": source, **town, "pressure_bar": found}, indent=1) + "\n")
        return 0
    kept = json.loads(FILE.read_text())
    worst = float(np.max(np.abs(np.array(found) - np.array(kept["pressure_bar"]))))
    sys.stdout.write(f"largest difference {worst:.2e} bar\n")
    return int(worst > TOLERANCE_BAR or any(kept[name] != value for name, value in town.items()))


if __name__ == "__main__":
    raise SystemExit(main())
