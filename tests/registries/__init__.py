"""The tests of registries/."""
