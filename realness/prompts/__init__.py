"""What describers are asked, in versioned files (`load`), and their answers (`read`, `write`)."""

from realness.prompts.answers import Answer, Unusable, read, write
from realness.prompts.prompt import DEFAULT, Prompt, load, names

__all__ = ["DEFAULT", "Answer", "Prompt", "Unusable", "load", "names", "read", "write"]
