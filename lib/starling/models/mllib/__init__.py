"""Pipelines that MLlib has saved, read and applied without a JVM.

MLlib plans every stage of a pipeline anew for every query, which takes a micro-batch of some hundred posts longer than
to apply them.
"""
