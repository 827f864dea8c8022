"""Group error messages by their template."""
