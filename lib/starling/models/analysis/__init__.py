"""What a text that is not posted yet would be: sentiment, language, topic and engagement, said without a JVM.

analyst = Analyst.load(settings)
analysis = analyst.analyse(Draft("Kites are not bad at all", hashtags=("kites",)))
"""

from starling.models.analysis.analyst import Analyst, Desk
from starling.models.analysis.results import Analysis, AuthorRecord, Draft

__all__ = ["Analysis", "Analyst", "AuthorRecord", "Desk", "Draft"]
