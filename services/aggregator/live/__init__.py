"""Live figures: what is told of a region while somebody looks at it, and who is told when it changes."""
