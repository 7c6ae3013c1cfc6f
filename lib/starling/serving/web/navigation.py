"""The pages that every page leads to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page's name and address."""

    name: str
    address: str


NAVIGATION = (
    Page("Now", "/"),
    Page("Explore", "/explore"),
    Page("Topics", "/topics"),
    Page("Bursts", "/bursts"),
    Page("Analyse", "/analyse"),
    Page("Trust", "/trust"),
)
