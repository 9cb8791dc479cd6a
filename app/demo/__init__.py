"""The demo: a city that does not exist, made with a fixed seed and run through the public deeds."""
