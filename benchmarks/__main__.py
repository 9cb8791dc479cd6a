"""Run the benchmarks: `python -m benchmarks [NAME …]`; all of them when none is named.

A benchmark is a module here with a `main()` and a docstring whose first line says what it measures.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from types import ModuleType

import benchmarks
from benchmarks import machine


def _found() -> dict[str, ModuleType]:
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    modules = {n: importlib.import_module(f"benchmarks.{n}") for n in names if n != "__main__"}
    return {
        name: module
        for name, module in sorted(modules.items())
        if getattr(module, "BENCHMARK", False)
    }


def main() -> int:
    """Run the named benchmarks in alphabetical order; return 2 when a name is unknown."""
    modules = _found()
    summary = "\n".join(f"  {n:14} {(m.__doc__ or '').splitlines()[0]}" for n, m in modules.items())
    parser = argparse.ArgumentParser(
        description="Print our figures and their peers'.",
        epilog=summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", help="which; all when none is given")
    chosen = parser.parse_args().name or list(modules)
    unknown = sorted(set(chosen) - set(modules))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    print(machine.describe())
    for name in chosen:
        print(f"\n== {name}: {(modules[name].__doc__ or '').splitlines()[0]}", flush=True)
        modules[name].main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
