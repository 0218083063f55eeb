"""What an engine recorded becomes one table per operation, judged by the limits of the profile.

One rule for all: percentiles by nearest rank (the least sample that p % of the samples do not exceed), inclusive limits,
no samples is a miss. Raw samples (k6, JMeter) are judged themselves; what Artillery's summaries do not say is not guessed.
"""

from __future__ import annotations

from jivsgen.results.judge import judge
from jivsgen.results.model import Finding, Judgement, Legend, Row, Verdict

__all__ = ["Finding", "Judgement", "Legend", "Row", "Verdict", "judge"]
