from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from genomics.aws import sqs
from genomics.queues import envelope, heartbeat
from genomics.queues.beat import Scheduler
from genomics.queues.envelope import Envelope


class TestScheduler:
    def test_is_the_one_that_beat_uses(self) -> None:
        assert current_app.conf.beat_scheduler == f"{Scheduler.__module__}:{Scheduler.__name__}"

    def test_shows_each_round_and_ends_with_beat(
        self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.HEARTBEATS_DIR = tmp_path
        monkeypatch.setattr(heartbeat, "_MARK_SECONDS", 0.0)
        scheduler = Scheduler(app=current_app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
        monkeypatch.setattr(scheduler, "apply_async", lambda *args, **options: None)
        scheduler.setup_schedule()
        (tmp_path / heartbeat.BEAT).write_text("0")
        scheduler.tick()
        age = heartbeat.age(heartbeat.BEAT)
        assert age is not None
        assert age < timedelta(seconds=5)
        scheduler.close()
        assert heartbeat.age(heartbeat.BEAT) is None

    @pytest.mark.django_db  # workers run all checks when they start, dj-stripe's included
    def test_sends_messages_that_a_worker_takes(self, aws: object, settings: Any, tmp_path: Path) -> None:
        settings.HEARTBEATS_DIR = tmp_path
        current_app.loader.import_default_modules()
        scheduler = Scheduler(app=current_app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
        scheduler.setup_schedule()
        for name in current_app.conf.beat_schedule:
            scheduler.apply_async(scheduler.schedule[name], advance=False)
            (message,) = sqs.receive(settings.STACK.queue_urls[settings.TASKS[name].queue])
            read = envelope.read(envelope.unwrap(message.body))
            assert read == Envelope(task=name, args=[], kwargs={})
        scheduler.close()
