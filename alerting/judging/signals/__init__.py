"""Signals: the named figures that conditions may speak of. One module a family; `registry` lists the families."""
