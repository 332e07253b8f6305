"""How fast Nuanliu is: one module ``bench_<name>.py`` a subject, run by ``./run bench``."""
