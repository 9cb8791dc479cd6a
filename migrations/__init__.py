"""Schema history, one set for both engines; imports nothing of ours."""
