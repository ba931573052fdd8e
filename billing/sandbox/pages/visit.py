"""What a page knows of the one who asks for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.sandbox.messages import Request
from billing.sandbox.world import World

if TYPE_CHECKING:
    from billing.sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    sandbox: "Sandbox"
    request: Request
    csrf_token: str

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def form(self) -> dict[str, str]:
        """What was sent; nothing when a page is merely asked for."""
        return self.request.form if self.is_sent else {}

    @property
    def is_sent(self) -> bool:
        return self.request.method == "POST"
