"""What long and awkward text costs: calls of a real server, and each step by itself."""
