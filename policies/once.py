"""Worked out once: a cached property without a lock.

That of the standard library takes a lock for each first use (Python 3.11), and a case, which one
thread makes and uses, has a dozen of them: a fifth of the time of a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import cached_property as once
else:

    class once:  # noqa: N801 (used as the property that it stands for)
        """A property that is kept in the instance when it is first read."""

        def __init__(self, work: Any) -> None:
            self._work = work
            self.__doc__ = work.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            found = instance.__dict__[self._name] = self._work(instance)
            return found


__all__ = ["once"]
