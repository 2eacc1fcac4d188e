"""What can be seen where in the wheels' photographs, so that a description can name it. Data only."""

from dataclasses import dataclass

from realness.planting.nouns import MANY, ONE


@dataclass(frozen=True)
class Subject:
    """A thing in a photograph.

    Attributes:
        noun: what it is called, with its article.
        plural: 1 when it takes a plural verb, else 0.
        box: `(x0, y0, x1, y1)` as shares of the photograph's width and height.
    """

    noun: str
    plural: int
    box: tuple[float, float, float, float]


SUBJECTS: dict[str, tuple[Subject, ...]] = {
    "astronaut": (
        Subject("the woman's face", ONE, (0.34, 0.1, 0.52, 0.33)),
        Subject("the hair", ONE, (0.31, 0.03, 0.58, 0.16)),
        Subject("the flag", ONE, (0.0, 0.05, 0.16, 0.6)),
        Subject("the orange suit", ONE, (0.12, 0.52, 0.42, 0.92)),
        Subject("the patch on the suit", ONE, (0.26, 0.68, 0.41, 0.83)),
        Subject("the helmet", ONE, (0.6, 0.7, 0.97, 0.99)),
        Subject("the space shuttle", ONE, (0.7, 0.04, 0.9, 0.52)),
        Subject("the collar of the suit", ONE, (0.28, 0.3, 0.6, 0.56)),
    ),
    "camera": (
        Subject("the tripod", ONE, (0.47, 0.6, 0.76, 0.98)),
        Subject("the camera", ONE, (0.5, 0.26, 0.66, 0.42)),
        Subject("the man's face", ONE, (0.35, 0.2, 0.5, 0.4)),
        Subject("the coat", ONE, (0.08, 0.42, 0.45, 0.85)),
        Subject("the man's hand", ONE, (0.52, 0.39, 0.64, 0.52)),
        Subject("the grass", ONE, (0.66, 0.6, 0.98, 0.95)),
        Subject("the buildings", MANY, (0.66, 0.23, 0.98, 0.44)),
    ),
    "chelsea": (
        Subject("the cat's left eye", ONE, (0.31, 0.27, 0.46, 0.5)),
        Subject("the cat's right eye", ONE, (0.65, 0.36, 0.78, 0.54)),
        Subject("the nose", ONE, (0.5, 0.72, 0.66, 0.9)),
        Subject("the fur on the forehead", ONE, (0.36, 0.02, 0.66, 0.3)),
        Subject("the cat's cheek", ONE, (0.2, 0.5, 0.44, 0.9)),
        Subject("the fur", ONE, (0.08, 0.1, 0.32, 0.6)),
        Subject("the background", ONE, (0.8, 0.3, 1.0, 0.95)),
    ),
    "china": (
        Subject("the upper roof", ONE, (0.16, 0.1, 0.48, 0.32)),
        Subject("the pavilion", ONE, (0.17, 0.34, 0.48, 0.78)),
        Subject("the lower roof", ONE, (0.12, 0.57, 0.54, 0.7)),
        Subject("the tree on the right", ONE, (0.86, 0.34, 0.99, 0.8)),
        Subject("the trees in the foreground", MANY, (0.55, 0.72, 0.92, 0.98)),
        Subject("the sky", ONE, (0.56, 0.05, 0.95, 0.4)),
        Subject("the water", ONE, (0.56, 0.52, 0.84, 0.7)),
    ),
    "coffee": (
        Subject("the cup", ONE, (0.3, 0.08, 0.68, 0.52)),
        Subject("the coffee", ONE, (0.36, 0.24, 0.62, 0.5)),
        Subject("the saucer", ONE, (0.15, 0.4, 0.36, 0.9)),
        Subject("the spoon", ONE, (0.53, 0.56, 0.69, 0.82)),
        Subject("the handle of the cup", ONE, (0.31, 0.55, 0.46, 0.78)),
        Subject("the table", ONE, (0.78, 0.2, 0.98, 0.9)),
        Subject("the wood grain", ONE, (0.02, 0.08, 0.26, 0.4)),
    ),
    "flower": (
        Subject("the flower", ONE, (0.28, 0.22, 0.68, 0.82)),
        Subject("the petals", MANY, (0.3, 0.26, 0.66, 0.8)),
        Subject("the center of the flower", ONE, (0.4, 0.4, 0.58, 0.65)),
        Subject("the second flower", ONE, (0.46, 0.88, 0.72, 1.0)),
        Subject("the leaves", MANY, (0.72, 0.08, 0.98, 0.9)),
        Subject("the background", ONE, (0.02, 0.1, 0.22, 0.9)),
    ),
    "hopper": (
        Subject("the woman's face", ONE, (0.35, 0.3, 0.7, 0.58)),
        Subject("the glasses", MANY, (0.32, 0.29, 0.72, 0.41)),
        Subject("the cap", ONE, (0.34, 0.05, 0.72, 0.24)),
        Subject("the flag", ONE, (0.02, 0.05, 0.28, 0.7)),
        Subject("the jacket", ONE, (0.1, 0.64, 0.42, 0.95)),
        Subject("the ribbons", MANY, (0.64, 0.79, 0.9, 0.9)),
        Subject("the name tag", ONE, (0.13, 0.78, 0.34, 0.88)),
        Subject("the collar", ONE, (0.38, 0.58, 0.64, 0.8)),
    ),
    "motorcycle": (
        Subject("the front wheel", ONE, (0.69, 0.57, 0.92, 0.9)),
        Subject("the rear wheel", ONE, (0.17, 0.49, 0.38, 0.82)),
        Subject("the engine", ONE, (0.45, 0.48, 0.64, 0.74)),
        Subject("the fuel tank", ONE, (0.45, 0.35, 0.62, 0.49)),
        Subject("the seat", ONE, (0.2, 0.32, 0.44, 0.45)),
        Subject("the shelves", MANY, (0.48, 0.05, 0.7, 0.28)),
        Subject("the boxes", MANY, (0.7, 0.08, 0.92, 0.54)),
        Subject("the floor", ONE, (0.1, 0.86, 0.62, 0.99)),
        Subject("the headlight", ONE, (0.66, 0.26, 0.77, 0.4)),
    ),
    "rocket": (
        Subject("the rocket", ONE, (0.46, 0.34, 0.53, 0.95)),
        Subject("the tower on the left", ONE, (0.04, 0.1, 0.16, 0.9)),
        Subject("the tower on the right", ONE, (0.88, 0.1, 0.99, 0.9)),
        Subject("the sky", ONE, (0.34, 0.04, 0.8, 0.3)),
        Subject("the lights", MANY, (0.14, 0.84, 0.36, 0.99)),
        Subject("the mast", ONE, (0.67, 0.3, 0.74, 0.95)),
    ),
}
"""By the photograph's name in `photographs(gray=True)`."""
