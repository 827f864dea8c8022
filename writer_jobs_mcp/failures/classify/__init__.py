"""Classify an error message by its likely cause."""
