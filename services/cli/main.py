"""The command ``laju``. Commands only read their options, call what does the work, and print."""

from __future__ import annotations

import typer

from services.cli.commands.alerts import alerts
from services.cli.commands.archive import export_events, import_events
from services.cli.commands.bus import bus
from services.cli.commands.district import district
from services.cli.commands.doctor import doctor
from services.cli.commands.keys import keys
from services.cli.commands.mail import mail
from services.cli.commands.pages import pages
from services.cli.commands.pseudonyms import pseudonyms
from services.cli.commands.quarantine import quarantine
from services.cli.commands.rebuild import rebuild_projection
from services.cli.commands.report import report
from services.cli.commands.send import send, template
from services.cli.commands.services import aggregator, ingest, notifier
from services.cli.commands.simulate import simulate_events
from services.cli.commands.status import status
from services.cli.commands.streams import streams
from services.cli.commands.up import mail_catcher, up
from services.cli.commands.verify import verify_projection

app = typer.Typer(
    name="laju",
    help="Tells every Indonesian region whether its identity programmes will reach their targets in time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("ingest")(ingest)
app.command("aggregator")(aggregator)
app.command("notifier")(notifier)
app.command("up")(up)
app.command("mail-catcher", hidden=True)(mail_catcher)
app.command("send")(send)
app.command("template")(template)
app.command("status")(status)
app.command("report")(report)
app.command("doctor")(doctor)
app.command("rebuild")(rebuild_projection)
app.command("export")(export_events)
app.command("import")(import_events)
app.add_typer(alerts, name="alerts")
app.add_typer(bus, name="bus")
app.add_typer(district, name="district")
app.add_typer(keys, name="keys")
app.add_typer(mail, name="mail")
app.add_typer(pages, name="pages")
app.add_typer(pseudonyms, name="pseudonyms")
app.add_typer(quarantine, name="quarantine")
app.add_typer(streams, name="streams")
app.command("verify")(verify_projection)
app.command("simulate")(simulate_events)
