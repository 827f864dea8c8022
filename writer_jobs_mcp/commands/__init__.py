"""What the command line runs: serve, check, demo (or its page) and sandbox."""
