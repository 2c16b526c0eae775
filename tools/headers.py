#!/usr/bin/env python3
"""Lists the headers under src, for the build of the launcher as one unit to depend on."""
import pathlib

src = pathlib.Path(__file__).resolve().parent.parent / "src"
print("\n".join(sorted(str(p) for p in src.rglob("*.h"))))
