"""A city that behaves like one: weather, homes, stations, sensors, faults, spoken over MQTT.

What lives here: a separate process (``python -m simulators``) for demos, load and scored detection. What does not:
anything that running code imports; no formula or constant is shared with rules or detectors.
"""
