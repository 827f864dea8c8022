"""The server in a hostile world: each test breaks something on purpose, and counts it."""
