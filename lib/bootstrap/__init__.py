"""The set-up: what spark-submit.sh, tests/run.sh and .ci/run do before the work itself.

Standard library only, for it runs with whatever Python there is, before the virtual environment exists.
"""
