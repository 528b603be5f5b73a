"""Facts about style that a program can check; the rest is for readers."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
FOLDERS = ("shared", "worker", "coordinator", "tests", "proto", "deploy")
SOURCES = (".h", ".cpp", ".def", ".proto", ".py", ".cmake", ".txt", ".sh", "")
# Unfinished work does not land, and no file knows where on a machine the project lies.
FORBIDDEN = {
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b": "unfinished work: finish it or open an issue",
    r"\.\./shared\b": "refers to a folder outside of the project",
    r"\b(FA" + r"CTS|(DESI" + r"GN|STY" + r"LE|LO" + r"OK|HELP" + r"ERS)\.md)\b": "refers to a page that is not in the project",
    r"/work/\w": "names a path of one machine",
    r"#\s*BOOT" + r"STRAP": "scaffolding for a tree that is not whole yet",
}
LONGEST = 450  # Lines; a longer file holds a second idea that wants a name.

faults = []
for folder in FOLDERS:
    for file in sorted((root / folder).rglob("*")):
        if not file.is_file() or file.suffix not in SOURCES or "__pycache__" in file.parts:
            continue
        name = str(file.relative_to(root))
        text = file.read_text()
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            for pattern, reason in FORBIDDEN.items():
                if re.search(pattern, line):
                    faults.append(f"{name}:{number}: {reason}")
            # A source file is included from the root, so that each line states its place.
            if include := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
                if not (root / include[1]).is_file() and not include[1].endswith(".pb.h"):
                    faults.append(f"{name}:{number}: \"{include[1]}\" is not a path from the root")
        if file.suffix in (".h", ".cpp", ".def", ".proto"):
            if file.suffix == ".h" and "#pragma once" not in text:
                faults.append(f"{name}: a header without #pragma once")
            # A .cpp may open with the header that says what both are for; a unit test is named after
            # what it tests.
            told = lines and (lines[0].startswith("//") or (file.suffix == ".cpp" and lines[0].startswith('#include "')))
            if not told and not name.startswith("tests/unit/"):
                faults.append(f"{name}: does not open with what it is for")
            if len(lines) > LONGEST:
                faults.append(f"{name}: {len(lines)} lines, at most {LONGEST}")
        if text and not text.endswith("\n"):
            faults.append(f"{name}: does not end with a newline")
        if text.startswith("#!/usr/bin/env bash") and "\nset -euo pipefail\n" not in text:
            faults.append(f"{name}: a script without set -euo pipefail")
print("\n".join(faults) or "style: clean")
sys.exit(bool(faults))
