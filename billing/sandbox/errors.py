"""What Stripe answers when it refuses."""

from typing import Any


class SandboxError(Exception):
    """The sandbox itself is used wrongly: a fault of the developer, told in words fit to show."""


class ApiError(Exception):
    """A refusal with Stripe's status and error body. Unless `keeps`, whatever the request did is undone."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        keeps: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.keeps = keeps
        self.code = code
        known = {"code": code, "decline_code": decline_code, "param": param, **more}
        self.body: dict[str, Any] = {
            "error": {"type": kind, "message": message, **{k: v for k, v in known.items() if v is not None}}
        }


class ConnectionLostError(Exception):
    """The chaos switches ask that this answer never arrives."""


def missing(kind: str, identifier: str, *, param: str = "id") -> ApiError:
    """This function will give what Stripe says about an object that it does not know."""
    names = {"payment_method": "PaymentMethod", "checkout.session": "checkout.session"}
    name = names.get(kind, kind.rpartition(".")[2].replace("_", " "))
    return ApiError(f"No such {name}: '{identifier}'", status=404, code="resource_missing", param=param)


def unsupported(name: str) -> ApiError:
    """This function will refuse what is legal at Stripe and unknown to this sandbox: nothing is silently ignored."""
    return ApiError(f"The sandbox does not support `{name}` here yet.", code="sandbox_unsupported", param=name)


def declined(message: str, *, code: str, decline_code: str | None = None, keeps: bool = True, **more: Any) -> ApiError:
    """This function will say that a card cannot pay: 402, with the attempt itself kept."""
    return ApiError(message, status=402, kind="card_error", code=code, decline_code=decline_code, keeps=keeps, **more)
