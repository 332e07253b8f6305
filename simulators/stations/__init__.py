"""Heat exchange stations: exchanger, valve, pumps, pressures, meters, controller, and what their instruments show."""
