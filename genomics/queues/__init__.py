"""Hints: messages that tell a worker that there is work. The database row stays the truth."""

from genomics.queues.sending import send

__all__ = ["send"]
