"""``laju up``: everything on one machine, as processes under honcho."""
