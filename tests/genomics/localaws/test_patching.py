from types import SimpleNamespace

import moto
import pytest

from genomics.localaws.patching import MOTO_VERSION, Patch, WrongMotoError, apply
from genomics.localaws.server import PATCHES


class TestPatches:
    def test_fit_the_installed_moto(self) -> None:
        assert moto.__version__ == MOTO_VERSION == "5.2.5"
        assert [f"{patch.owner}.{patch.name}" for patch in PATCHES if not patch.fits] == []

    def test_never_change_one_name_twice(self) -> None:
        names = [(id(patch.owner), patch.name) for patch in PATCHES]
        assert len(names) == len(set(names))


class TestApply:
    def test_replaces_the_name(self) -> None:
        owner = SimpleNamespace(name=1)
        apply([Patch(owner=owner, name="name", replacement=2)])
        assert owner.name == 2

    def test_refuses_names_that_are_gone(self) -> None:
        with pytest.raises(WrongMotoError, match="name"):
            apply([Patch(owner=SimpleNamespace(), name="name", replacement=2)])

    def test_refuses_another_version(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(moto, "__version__", "5.2.6")
        with pytest.raises(WrongMotoError, match="found 5"):
            apply([])
