"""Every source file is as clang-format leaves it. Exit status 77: clang-format is not here."""
import pathlib
import shutil
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
if not shutil.which("clang-format"):
    print("skipped: clang-format is not installed (Debian: clang-format)")
    sys.exit(77)
files = [file for folder in ("shared", "worker", "coordinator", "tests")
         for file in sorted((root / folder).rglob("*")) if file.suffix in (".h", ".cpp")]
if not files:
    sys.exit(f"{root}: no source files")
result = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], capture_output=True, text=True, check=False)
wrong = sorted({line.split(":")[0] for line in result.stderr.splitlines() if ": error: " in line})
print("\n".join(f"{name}: not formatted; run clang-format -i" for name in wrong) or result.stderr or "format: clean")
sys.exit(result.returncode)
