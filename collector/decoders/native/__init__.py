"""Our own payload: usual readings cut to columns, the others parsed or salvaged one by one."""
