"""The commands of ``laju`` as functions; ``services.cli.main`` puts them together."""
