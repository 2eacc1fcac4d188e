"""Start the workbench: `python app.py [--host 127.0.0.1] [--port 7860] [--study NAME]`, the same as
`python -m realness serve`. The first start makes `annotations.db` with the sample study in it.
"""

import sys

from realness.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
