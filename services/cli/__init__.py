"""The command line ``laju``: runs the services, everything at once, and talks to them over HTTP."""
