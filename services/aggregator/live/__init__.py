"""Live figures: the last assessments in memory, and who is told when they change."""
