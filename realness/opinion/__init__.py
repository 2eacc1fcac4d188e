"""Opinion statistics: pure functions on people's ratings.

`mean.py` has the mean opinion score, which screens show; `panel.py` and `agreement.py` what many ratings tell together.
"""

from realness.opinion.mean import FEW, MeanOpinion, mean_opinion

__all__ = ["FEW", "MeanOpinion", "mean_opinion"]
