"""The image and docker-compose.yml, run for real wherever there is Docker: ``make compose-test``, README.md here."""
