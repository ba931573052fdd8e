"""Beat's scheduler, with a heartbeat."""

from typing import Any

from celery.beat import PersistentScheduler

from genomics.queues import heartbeat


class Scheduler(PersistentScheduler):
    """Marks each round in which it has looked at what is due."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        heartbeat.begin(heartbeat.BEAT)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        pause: float = super().tick(*args, **kwargs)
        heartbeat.mark(heartbeat.BEAT)
        return pause

    def close(self) -> None:
        heartbeat.end()
        super().close()
