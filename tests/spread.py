"""How much of a long sweep is done: a share of it, and with ANSWERWELL_SPREAD=1 all of it."""

import os

SPREAD = int(os.environ.get("ANSWERWELL_SPREAD", "6"))
"""Every so many-th step is taken; which ones, differs from sweep to sweep."""
