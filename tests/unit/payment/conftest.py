"""Makes the module beside this one importable; importlib mode makes no package of a folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
