"""The errors of this project. Every message says what to do next."""

from pathlib import Path


class RealnessError(Exception):
    """Something a person can put right: shown as one line, never as a traceback.

    Attributes:
        words: the message for people who come from elsewhere, whom it does not concern where files lie here.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.words = message


class _Placed(RealnessError):
    """An error that names a place of this machine, where its message has `{place}`."""

    def __init__(self, message: str, place: Path | None = None, called: str = "") -> None:
        """`called`: what the place is for those who do not know it; its last part where nothing is given."""
        super().__init__(message.replace("{place}", str(place)))
        self.words = message.replace("{place}", called or (place.name if place else ""))


class InvalidValue(RealnessError):
    """A value is off its scale, of an unknown kind, or missing where it is needed.

    Attributes:
        field: the field of a form that it was given in; empty where it came from none.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class StudyClosed(InvalidValue):
    """A rating or a review for a study that takes none any more."""


class UnreadableImage(RealnessError):
    """A file that cannot be opened as an image within the limits."""


class ImportFailed(RealnessError):
    """Nothing in the given source could be used."""


class NotFound(RealnessError):
    """A study, an image or a file that is not there."""


class Conflict(RealnessError):
    """A save that was based on a revision which is no longer the newest one."""


class Locked(RealnessError):
    """Something is not to be seen or changed yet, or any more (a blind rating, say)."""


class CannotWrite(_Placed):
    """A file that the folder, its rights or the disk does not allow."""


class DatabaseProblem(_Placed):
    """The database cannot be opened, is of another version, or is held by another process."""


class WeightsNotFound(RealnessError):
    """Model weights that cannot be had; the message names the ways out."""


class UnsupportedModel(RealnessError):
    """A model that a method cannot use."""


class NotSignedIn(RealnessError):
    """Nobody has signed in, or the name and the password do not belong together."""


class NotAllowed(RealnessError):
    """Something that needs another role."""


class TooManyTries(RealnessError):
    """Signing in failed too often; the message says how long to wait."""


class DescriberProblem(RealnessError):
    """A describer that cannot be reached, or refuses whoever asks or whatever is asked."""


class EngineProblem(RealnessError):
    """Work that was to be done by many workers, and cannot be: Ray is missing or out of reach, or workers die."""
