"""The client that docs/sync.md shows works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "sync.md"


def test_the_client_on_the_page_reports_a_door_and_gets_its_receipt(shared_server):
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run([sys.executable, "-", shared_server.url, "surveyor1", "demo"], input=program, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "accepted []\n"
