"""Real servers for the tests: each started lazily on a free loopback port with a directory of its own."""
