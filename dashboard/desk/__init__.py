"""What people do: act on alarms, take and move tickets. Reading is in `dashboard.queries`."""
