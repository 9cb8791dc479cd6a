"""The web system and the command line: the only package that knows the others."""
