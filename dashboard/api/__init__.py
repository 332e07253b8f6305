"""The JSON interface under ``/api/v1``: thin routes over the queries. HTML pages live in `dashboard.pages`."""
