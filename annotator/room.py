"""Room for the large texts of one block after another: memory taken anew each time costs a page fault every 4 KiB."""

import numpy as np
from numpy.typing import NDArray


class Room:
    """Memory that is used again for each block; it grows to the most that a block so far had in use at once."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, dtype=np.uint8)
        self._used = self._most = 0

    def clear(self) -> None:
        """Use the memory anew: what was given before loses what it holds."""
        if self._most > len(self._bytes):
            self._bytes = np.empty(self._most, dtype=np.uint8)
        self._used = 0

    def take(self, size: int) -> NDArray[np.uint8]:
        """Give room for `size` bytes that nobody else has now."""
        begin, self._used = self._used, self._used + size
        self._most = max(self._most, self._used)
        return self._bytes[begin : self._used] if self._used <= len(self._bytes) else np.empty(size, dtype=np.uint8)

    def give_back(self, size: int) -> None:
        """Take back the last `size` bytes of all that was given."""
        self._used -= size
