"""Who is in a fleet is kept while the registry stands, for each group of areas apart."""

from dataclasses import replace
from datetime import UTC, datetime

from dashboard.site.index import build_site_index
from dashboard.stations.fleet import FleetMembers
from dashboard.web.security.viewer import Role, Viewer
from tests.support.small_site import small_site

NOW = datetime(2026, 1, 10, tzinfo=UTC)
EVERYWHERE = Viewer(username="a", roles=frozenset({Role.DISPATCHER}), area_ids=None)
NOWHERE = replace(EVERYWHERE, area_ids=frozenset({"elsewhere"}))


def test_the_members_follow_the_registry() -> None:
    members, site = FleetMembers(), small_site()
    first = build_site_index(site, version=1, now=NOW)
    ids, interval_s = members.of(EVERYWHERE, first)
    assert ids == tuple(item.station_id for item in site.stations)
    assert interval_s.tolist() == [item.report_interval_s for item in site.stations]
    assert members.of(EVERYWHERE, first)[0] is ids
    fewer = build_site_index(small_site(stations=1), version=2, now=NOW)
    assert members.of(EVERYWHERE, fewer)[0] == ("S1",)
    assert members.of(EVERYWHERE, first)[0] == ids


def test_viewers_of_other_areas_share_nothing() -> None:
    members, index = FleetMembers(), build_site_index(small_site(), version=1, now=NOW)
    assert members.of(EVERYWHERE, index)[0]
    assert members.of(NOWHERE, index)[0] == ()
    assert members.of(EVERYWHERE, index)[0]
