"""Starling: a stream of social-media posts, turned into tables that can be trusted."""

__version__ = "0.1.0"
