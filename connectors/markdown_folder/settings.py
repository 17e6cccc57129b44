"""What an operator sets for a folder of Markdown files."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _slash(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError('is not an address; write where the files are published, such as "https://docs.acme.com/"')
    return url.rstrip("/") + "/" if url else ""


class MarkdownFolderSettings(BaseModel):
    """One folder, everything below it included. `base_url`: where its files are published, without their endings.

    `public` True: anybody may read all of it. A file whose front matter says `draft: true` is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    base_url: Annotated[str, AfterValidator(_slash)] = ""
    public: bool = False
