"""The running product: command line, composition root, supervisor, embedded broker, demo, health.

The only room that may import every other one. `assemble` is the one place that builds long-lived objects; everything
below gets its collaborators by keyword.
"""
