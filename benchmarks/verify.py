"""verify.py as a process: a bundle of 1,500,000 entities and one of 23,705"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.machine import describe
from sampling import verifier
from sampling.bundle import write_bundle
from tests.sampling.makers import drawn_files, frame_files, inspector_rows

BENCHMARK = True
SIZES = ((23_705, 1.0, 5), (1_500_000, 30.0, 3))


def made_bundle(size: int) -> bytes:
    """Return a bundle with `size` entities in 11 districts and 4 grades."""
    entities = [
        (
            f"91440100MA{number:08d}",
            str(440100 + number % 11),
            "ABC-"[number % 4],
            "employer",
            "示例市第一人力资源服务有限公司",
        )
        for number in range(size)
    ]
    files = frame_files(entities=entities, inspectors=inspector_rows(200))
    program = Path(verifier.__file__).read_bytes()
    return write_bundle(drawn_files(files, total=80) | {"verify.py": program})


def one_run(bundle: Path) -> tuple[float, str]:
    """Return seconds of one process, interpreter start included, and its peak memory."""
    code = (
        "import subprocess,sys;r=subprocess.run([sys.executable,'-I',*sys.argv[1:]],capture_output=True);"
        "import importlib.util as u;"
        "m=u.find_spec('resource') and __import__('resource');"
        "print('peak', m.getrusage(m.RUSAGE_CHILDREN).ru_maxrss//1024 if m else 'unknown', 'MiB');"
        "sys.exit(r.returncode)"
    )
    program = str(Path(verifier.__file__))
    start = time.perf_counter()
    shown = subprocess.run(
        [sys.executable, "-I", program, str(bundle)], capture_output=True, check=True
    )
    seconds = time.perf_counter() - start
    assert shown.stdout.decode().startswith("验证通过")
    measured = subprocess.run(
        [sys.executable, "-c", code, program, str(bundle)], capture_output=True, check=True
    )
    found = re.search(rb"peak (.*)", measured.stdout)
    return seconds, found.group(1).decode().strip() if found else "unknown"


def main() -> None:
    """Print the medians beside the limits of the issue."""
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        for size, limit, runs in SIZES:
            bundle = Path(folder) / f"{size}.zip"
            bundle.write_bytes(made_bundle(size))
            found = [one_run(bundle) for _ in range(runs)]
            seconds = median(run[0] for run in found)
            print(
                f"{size:>9,} entities: {seconds:.2f} s, median of {runs} (limit {limit:.0f} s); peak {found[0][1]}"
            )


if __name__ == "__main__":
    main()
