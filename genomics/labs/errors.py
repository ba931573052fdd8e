"""What can go wrong with an invitation."""

from genomics.users.errors import LabRefusedError


class NotInvitableError(LabRefusedError):
    """There is no point in inviting this address."""


class InvitationEndedError(LabRefusedError):
    """The invitation is no longer open, or its link has been replaced."""

    def __init__(self) -> None:
        super().__init__("This invitation is no longer open. Reload the page to see what has happened to it.")


class TooManyInvitationsError(LabRefusedError):
    """Mails to other people are limited."""

    def __init__(self) -> None:
        super().__init__("That were many invitations in a short while. Wait an hour, then try again.")
