import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from genomics.localaws import postgres


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """This function will give a folder that the server's user reaches too (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    yield folder / "data"
    postgres.stop(folder / "data")
    shutil.rmtree(folder)


def _query(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _pid(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().split()[0])


class TestStart:
    def test_gives_the_url_of_a_real_server(self, data_dir: Path) -> None:
        url = postgres.start(data_dir)
        assert url == f"postgresql://postgres@/genomics?host={data_dir}"
        assert _query(url, "SELECT current_database(), current_setting('listen_addresses')") == [("genomics", "")]

    def test_uses_a_server_that_runs_already(self, data_dir: Path) -> None:
        postgres.start(data_dir)
        before = _pid(data_dir)
        postgres.start(data_dir)
        assert _pid(data_dir) == before

    def test_keeps_committed_rows_over_a_kill_of_the_server(self, data_dir: Path) -> None:
        url = postgres.start(data_dir)
        _query(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000)")
        killed = _pid(data_dir)
        os.kill(killed, signal.SIGKILL)
        assert postgres.start(data_dir) == url
        assert _pid(data_dir) != killed
        assert _query(url, "SELECT count(*) FROM kept") == [(1000,)]

    def test_starts_over_the_pid_file_of_somebody_elses_process(self, data_dir: Path) -> None:
        postgres.start(data_dir)
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
        postgres.stop(data_dir)
        user = postgres.system_user()
        with subprocess.Popen(["sleep", "60"], user=user, extra_groups=[] if user else None) as stranger:
            (data_dir / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
            assert _query(postgres.start(data_dir), "SELECT 1") == [(1,)]
            assert stranger.poll() is None
            stranger.kill()

    def test_keeps_the_data_private(self, data_dir: Path) -> None:
        postgres.start(data_dir)
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


class TestStop:
    def test_ends_the_server_and_leaves_the_data(self, data_dir: Path) -> None:
        postgres.start(data_dir)
        _query(postgres.url(data_dir), "CREATE TABLE stays AS SELECT 7 AS seven")
        postgres.stop(data_dir)
        assert not postgres.answers(data_dir)
        assert not (data_dir / "postmaster.pid").exists()
        assert _query(postgres.start(data_dir), "SELECT seven FROM stays") == [(7,)]

    def test_leaves_a_server_alone_that_it_did_not_start(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        postgres.start(data_dir)
        with monkeypatch.context() as patch:
            patch.setattr(postgres, "_started", {})
            postgres.stop(data_dir)
        assert postgres.answers(data_dir)


class TestPrepare:
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the user")
    def test_refuses_a_private_home_by_name(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir(mode=0o700)
        with pytest.raises(postgres.PostgresError, match=r"is private\. Allow it \(chmod o\+x"):
            postgres.prepare(home / "var" / "postgres")
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


class TestSocketDir:
    def test_is_the_data_folder(self) -> None:
        assert postgres.socket_dir(Path("/srv/var/postgres")) == Path("/srv/var/postgres")

    def test_is_short_for_a_deep_data_folder(self) -> None:
        deep = Path("/srv") / ("d" * 90) / "postgres"
        assert len(str(postgres.socket_dir(deep) / ".s.PGSQL.5432")) < postgres.LONGEST_SOCKET_PATH
        assert postgres.socket_dir(deep) == postgres.socket_dir(deep)
        assert postgres.socket_dir(deep) != postgres.socket_dir(deep.with_name("other"))

    def test_works_for_a_deep_data_folder(self, data_dir: Path) -> None:
        deep = data_dir.parent / ("d" * 90) / "postgres"
        try:
            assert _query(postgres.start(deep), "SELECT 1") == [(1,)]
        finally:
            postgres.stop(deep)
            shutil.rmtree(postgres.socket_dir(deep))
