"""`python lib/bootstrap COMMAND …`, started by lib/bootstrap.sh."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # lib in place of lib/bootstrap
    from bootstrap.main import main

    sys.exit(main(sys.argv[1:]))
