"""Builds the projections from EVENTS, assesses every region's pace and serves both to readers."""
