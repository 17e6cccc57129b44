"""Latest failure: what OpenAI last refused where it hosts the sessions, for who diagnoses a page."""

from dataclasses import dataclass

from session_api.errors import ApiError


@dataclass
class LatestFailure:
    """The latest refusal from OpenAI, which `/widget/diagnose` shows; forgotten after a success or an hour."""

    error: ApiError | None = None
    at: float = 0.0
    warned_at: float = 0.0

    def note(self, error: ApiError, now: float) -> None:
        self.error, self.at = error, now

    def clear(self) -> None:
        self.error = None

    def recent(self, now: float) -> ApiError | None:
        return self.error if now - self.at < 3600 else None
