"""The three services and the command line. Services never import one another: they meet through events."""
