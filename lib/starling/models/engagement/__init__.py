"""What a post will earn, from what is known when it is sent."""

from starling.models.engagement.comparison import compare
from starling.models.engagement.scores import score
from starling.models.engagement.training import train

__all__ = ["compare", "score", "train"]
