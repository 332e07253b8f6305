"""The name of the session cookie."""

from dashboard.web.security.access import cookie_name


def test_the_cookie_is_bound_to_host_and_path_where_it_is_tls_only() -> None:
    assert cookie_name(secure=True) == "__Host-nuanliu"
    assert cookie_name(secure=False) == "nuanliu"
