"""`python -m chatd.demo`"""

import sys

from chatd.errors import Exit


def run() -> int:
    """Demonstrate; an interrupt is one also while the rest is loaded, which takes a moment."""
    try:
        from chatd.demo.streaming import main  # noqa: PLC0415 -- see above

        return main()
    except KeyboardInterrupt:
        return Exit.CANCELLED


if __name__ == "__main__":
    sys.exit(run())
