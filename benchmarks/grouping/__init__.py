"""How well messages are grouped, measured on corpora rebuilt from package registries."""
