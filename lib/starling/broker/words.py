"""What a Java program said before it died, in one line."""

import re

# "java.io.IOException: No space left", also after "Caused by: " and "Exception in thread "main" ".
_EXCEPTION = re.compile(r'^\s*(Caused by: |Exception in thread "[^"]*" )?[\w.$]+(Exception|Error): (?P<message>.+)$')


def last_words(output: str) -> str:
    r"""The last exception with its causes, else the last line.

    >>> last_words("ERROR\na.AException: no\n\tat X\nERROR\na.BException: cannot write\nCaused by: a.CError: full\n")
    'cannot write: full'
    >>> last_words("Error occurred during initialization of VM\nCould not reserve enough space\n\n")
    'Could not reserve enough space'
    >>> last_words("")
    'it said nothing'
    """
    messages: list[str] = []
    for line in output.splitlines():
        found = _EXCEPTION.match(line)
        if found and not (found[1] or "").startswith("Caused"):
            messages = []
        if found and not any(found["message"] in said for said in messages):
            messages.append(found["message"])
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return ": ".join(messages) or (lines[-1] if lines else "it said nothing")
