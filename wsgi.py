"""What gunicorn and the flask command load: the app over the environment's settings."""

import sys

from flask import Flask

from server.app import create_app
from server.linkage_commands import linkage_group
from server.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    if not {"linkage", "evaluate"} <= set(sys.argv):
        sys.exit(f"Doorstep cannot start. {error}")
    app = Flask("server")  # judging linkage on a file of people needs no settings: nothing is served, signed or stored
    app.cli.add_command(linkage_group)
