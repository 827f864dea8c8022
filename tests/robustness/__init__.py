"""Tests that break something on purpose, and count it."""
