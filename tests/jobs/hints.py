"""Tells apart what a commit sends: hints for annotation, and the one that every move gives the publisher."""

from collections.abc import Callable

from jobs import outbox

Callbacks = list[Callable[[], None]]


def of_work(callbacks: Callbacks) -> Callbacks:
    return [callback for callback in callbacks if callback is not outbox._hint]
