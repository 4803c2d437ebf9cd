"""Takes events from district systems, makes them safe to keep, and publishes them to EVENTS."""
