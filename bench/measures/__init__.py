"""Measures of Laju alone: what ingest takes, how long an event takes to be seen, how cost grows with what is stored."""
