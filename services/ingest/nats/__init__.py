"""The intake over the bus."""
