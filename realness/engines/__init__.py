"""Who does the work on many images: this process (`Local`), or workers on one machine or many (`Ray`).

A verb says what is to be done to one item (`Job`) and keeps what comes back: engines store nothing. Ray is loaded when
it is asked for.
"""

from realness.engines.local import Local
from realness.engines.on_ray import Ray
from realness.engines.work import Done, Engine, Job

LOCAL = Local()

__all__ = ["LOCAL", "Done", "Engine", "Job", "Local", "Ray"]
