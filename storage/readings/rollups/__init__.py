"""The one roll-up engine: it knows which buckets are to be computed again and computes them from raw readings.

`NotingStore` is what a collector appends through, `RollupEngine` computes. Nothing is ever summed up while readings
arrive, so late, repeated and restarted writers cannot count a reading twice.
"""
