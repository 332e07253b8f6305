"""Which building and community a room sensor belongs to, at a given time: what the group roll-ups are made by."""

from collections.abc import Sequence

from heating.assets import SensorAssignment, Site
from heating.intervals import to_epoch_ms
from heating.protocols import RollupName

__all__ = ["RoomGroups"]


class RoomGroups:
    """Groups of sensors by the assignments' dates: a moved sensor does not rewrite the past of a building.

    Parameters
    ----------
    site
        The registry.
    """

    def __init__(self, site: Site) -> None:
        building_of_home = {home.household_id: home.building_id for home in site.households}
        community_of = {building.building_id: building.community_id for building in site.buildings}
        self._spans: dict[str, list[tuple[int, int, str, str]]] = {}
        for assignment in site.assignments:
            building = building_of_home.get(assignment.household_id, "")
            span = (*_span(assignment), building, community_of.get(building, ""))
            self._spans.setdefault(assignment.sensor_id, []).append(span)

    def of_rows(self, name: RollupName, sensor_ids: Sequence[str], time_ms: Sequence[int]) -> list[str]:
        """Return the building or community of each row; empty where the sensor was assigned to no home then.

        Parameters
        ----------
        name
            ``BUILDING_5M`` or ``COMMUNITY_5M``.
        sensor_ids, time_ms
            Of each row, equally long; times in epoch ms.
        """
        place = 2 if name is RollupName.BUILDING_5M else 3
        return [
            next((str(span[place]) for span in self._spans.get(sensor, ()) if span[0] <= at < span[1]), "")
            for sensor, at in zip(sensor_ids, time_ms, strict=True)
        ]


def _span(assignment: SensorAssignment) -> tuple[int, int]:
    end_ms = to_epoch_ms(assignment.end) if assignment.end is not None else 2**62
    return to_epoch_ms(assignment.start), end_ms
