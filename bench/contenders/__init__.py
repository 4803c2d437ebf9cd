"""Ways to bring the same events into figures: Laju's, what users would do instead, and the limit of the machine."""
