"""What one can do: the verbs of the project, each a function over a `Workbench`."""

from realness.workbench.bench import Progress, Workbench

__all__ = ["Progress", "Workbench"]
