"""Applies the CloudFormation template to the local AWS with plain API calls, because moto's own engine skips much.

It makes what is missing and corrects what differs; what the template no longer names stays.
"""

from dataclasses import dataclass
from typing import Any

from genomics.aws.template import Resource, Stack, TemplateError
from genomics.localaws.functions import Clients
from genomics.localaws.resources import HANDLERS, make_vault
from genomics.localaws.settling import Change

__all__ = ["Change", "Outcome", "apply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one resource."""

    resource: Resource
    change: Change


def apply(stack: Stack, *, client: Clients) -> list[Outcome]:
    """This function will bring the local AWS to the state that the stack describes.

    `client` gives a boto3 client by service name. The compute plane is skipped: nothing runs it locally. It raises
    TemplateError, before it changes anything, for a resource type that it cannot make.
    """
    wanted = [resource for resource in stack.resources if not resource.is_compute_plane]
    unknown = sorted({resource.type for resource in wanted if resource.type not in HANDLERS})
    if unknown:
        raise TemplateError(f"no handler for {', '.join(unknown)}: add one, or list it as compute plane")
    clients = _Cached(client)
    outcomes = [Outcome(resource=resource, change=HANDLERS[resource.type](resource, clients)) for resource in wanted]
    return [*outcomes, *(_vault(role, name, clients) for role, name in stack.vaults.items())]


def _vault(role: str, name: str, clients: Clients) -> Outcome:
    vault = Resource(logical_id=f"{role}-vault", type="Glacier vault", properties={}, ref=name, attributes={})
    return Outcome(resource=vault, change=make_vault(name, clients))


class _Cached:
    """One client per service: boto3 takes long to make one."""

    def __init__(self, client: Clients) -> None:
        self._client = client
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._client(service)
        return self._made[service]
