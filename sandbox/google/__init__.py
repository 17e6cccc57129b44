"""A Google Drive at the wire, with its Docs: strict about what it is asked, true to the vendor's traps.

sandbox = GoogleSandbox(clock=clock)
folder = sandbox.put_folder("Help")
document = sandbox.put_doc("Refunds", "Within **30 days**.", folder)
wire = Wire(sandbox.app)
with serve(wire) as url:
    key_file.write_text(sandbox.credentials.key_file(f"{url}/token"))
"""

import time
from collections.abc import Callable

from starlette.types import ASGIApp

from sandbox.google.app import DriveHost
from sandbox.google.changes import Channels
from sandbox.google.limits import Quotas
from sandbox.google.oauth import ServiceAccount
from sandbox.google.records import Drive
from sandbox.google.tree import Tree


class GoogleSandbox:
    """What one service account sees, and every edit a person could make in it.

    Edits stamp records by the clock. `world` holds the knobs, `limits` the rate limits, `credentials` the key and the
    tokens, `channels` what is told of changes. `document_of` and `folder_of`: the samples, by their keys.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.world = Drive(clock=clock)
        self.limits = Quotas()
        self.credentials = ServiceAccount(clock)
        self.channels = Channels(clock)
        self.document_of: dict[str, str] = {}
        self.folder_of: dict[str, str] = {}
        tree = Tree(self.world)
        self.put_drive = tree.put_drive
        self.remove_drive = tree.remove_drive
        self.put_folder = tree.put_folder
        self.put_doc = tree.put_doc
        self.put_sheet = tree.put_sheet
        self.put_slides = tree.put_slides
        self.put_file = tree.put_file
        self.put_shortcut = tree.put_shortcut
        self.edit = tree.edit
        self.upload = tree.upload
        self.rename = tree.rename
        self.move = tree.move
        self.trash = tree.trash
        self.untrash = tree.untrash
        self.remove = tree.remove
        self.lose_access = tree.lose_access
        self.regain_access = tree.regain_access
        self.view = tree.view
        self.share = tree.share
        self.unshare = tree.unshare
        self.set = tree.set
        self.app: ASGIApp = DriveHost(self.world, self.credentials, self.limits, self.channels).app
