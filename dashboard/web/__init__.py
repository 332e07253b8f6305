"""What every page and route stands on: the application, security, streams, languages, rendering."""
