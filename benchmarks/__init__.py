"""How fast Nuanliu is: one module ``bench_<name>.py`` a subject, run by ``./run bench``.

- ``./run bench`` runs all, ``./run bench pipeline rules`` these two, ``./run bench --list`` names them. Each result is
  one line of JSON on standard output, with its goal and the reference that was measured in the same run.
- ``--record`` puts the results into RESULTS.md beside this file; ``--strict`` ends with 1 when a goal is missed.
- ``./run bench league --minutes 10`` sends the nominal load of a league (1,772 messages a second, 338,600 homes) for
  ten minutes; ``./run bench backlog --minutes 10`` drains what came while the store was away for ten. Without the
  option, `bench_league.MINUTES` and `bench_backlog.MINUTES` hold. Fractions work: ``--minutes 0.5`` tries it out.
- A benchmark whose server is missing says so; in the gate (``CI=true``) that fails the run.

Machines are shared and differ: trust ratios to the reference, not microseconds, and run nothing else meanwhile.
"""
