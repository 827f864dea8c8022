"""Measurements of the README's claims."""
