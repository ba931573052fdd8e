"""Room for the large texts of one block after another: memory taken anew each time costs a page fault every 4 KiB."""

import numpy as np
from numpy.typing import NDArray


class Room:
    """Memory that is used again for each block; it grows to what the largest block so far has asked for."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, dtype=np.uint8)
        self._asked = 0

    def clear(self) -> None:
        """Use the memory anew: what was given before loses what it holds."""
        if self._asked > len(self._bytes):
            self._bytes = np.empty(self._asked, dtype=np.uint8)
        self._asked = 0

    def take(self, size: int) -> NDArray[np.uint8]:
        """Give room for `size` bytes that nobody else was given since the last `clear`."""
        begin, self._asked = self._asked, self._asked + size
        return self._bytes[begin : self._asked] if self._asked <= len(self._bytes) else np.empty(size, dtype=np.uint8)
