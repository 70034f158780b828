"""Choose which frames of a film are looked at."""

import math
from fractions import Fraction


class Sampling:
    """Choose the frames nearest to the times k / fps, each once; `fps` 0 chooses every frame.

    At a constant rate these are the frames round(k x rate / fps), halves up. Ask in order of time.
    """

    def __init__(self, fps: float) -> None:
        self.fps = Fraction(str(fps))
        self._next = 0

    def wants(self, halfway: Fraction) -> bool:
        """Say whether a frame is one of them; `halfway` is the time in seconds halfway to the frame after it."""
        if not self.fps:
            return True
        reach = halfway * self.fps
        if reach <= self._next:
            return False
        self._next = math.ceil(reach)
        return True

    def passed(self, halfway: Fraction) -> None:
        """Take all frames up to one as asked for already; `halfway` as in `wants`."""
        self._next = max(self._next, math.ceil(halfway * self.fps))
