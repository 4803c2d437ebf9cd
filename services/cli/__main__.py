"""``python -m services.cli`` is ``laju``."""

from services.cli.main import app

app(prog_name="laju")
