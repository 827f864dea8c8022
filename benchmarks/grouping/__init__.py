"""Measure how well messages are grouped, on corpora rebuilt from package registries."""
