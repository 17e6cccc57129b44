"""What people write who want a script to run in somebody else's browser: each calls `pwned()` if it ever does."""

import json
from pathlib import Path

PAYLOADS: tuple[str, ...] = tuple(json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")))
