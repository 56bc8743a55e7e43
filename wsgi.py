"""What gunicorn and the flask command load: the app over the environment's settings."""

import sys

from server.app import create_app
from server.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Doorstep cannot start. {error}")
