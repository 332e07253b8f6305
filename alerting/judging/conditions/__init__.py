"""Rule conditions: parsed, checked against a whitelist and evaluated over columns with SQL's three-valued logic.

Nothing here knows of timers or alarms; see `alerting.judging.engine`.
"""
