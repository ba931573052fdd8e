"""A one-dimensional numpy array that is written piece by piece: it never has to fit into memory."""

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class ArrayStream:
    """A `.npy` file that grows; its length is known when it is closed."""

    def __init__(self, path: Path, *, dtype: DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._stream = path.open("w+b")
        self._header_bytes = self._write_header(0)
        self.length = 0

    def __enter__(self) -> "ArrayStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        self._stream.write(np.ascontiguousarray(values, dtype=self._dtype).tobytes())
        self.length += len(values)

    def close(self) -> None:
        """Write the length into the head of the file, and close it."""
        if self._stream.closed:
            return
        self._stream.seek(0)
        if self._write_header(self.length) != self._header_bytes:
            raise AssertionError("numpy pads headers so that a length always fits")
        self._stream.close()

    def _write_header(self, length: int) -> int:
        description = np.lib.format.dtype_to_descr(self._dtype)
        header = {"descr": description, "fortran_order": False, "shape": (length,)}
        np.lib.format.write_array_header_1_0(self._stream, header)
        return self._stream.tell()
