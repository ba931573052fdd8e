"""How S3 says no."""


class Refusal(Exception):  # noqa: N818  # it is an answer, not a failure
    """A request that S3 would refuse."""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @classmethod
    def signature_does_not_match(cls) -> "Refusal":
        return cls(
            status=403,
            code="SignatureDoesNotMatch",
            message="The request signature we calculated does not match the signature you provided.",
        )


def access_denied(message: str) -> Refusal:
    return Refusal(status=403, code="AccessDenied", message=message)
