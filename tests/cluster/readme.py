"""What README.md shows is what the tests build and run: this takes it out of the page.

    readme.py example README.md DEF FOLDER   the workload of "Adding a workload", into FOLDER as a tree of
                                             its own: the file, and workloads.def with the line added
    readme.py commands README.md             its command lines, one a line
"""
import pathlib
import re
import sys

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def example(page, table, folder):
    where = page.index("## Adding a workload")
    blocks = [text for language, text in FENCE.findall(page[where:]) if language == "cpp"]
    body, line = blocks[0], blocks[1]
    name = re.search(r"`shared/workloads/(\w+)\.cpp`", page[where:])[1]
    assert f"STRATA_WORKLOAD({name})" in line, "the line is for another workload than the file"
    target = folder / "shared" / "workloads"
    target.mkdir(parents=True, exist_ok=True)
    (target / "example.cpp").write_text(body)
    (target / "workloads.def").write_text(table + line)


def commands(page):
    for language, text in FENCE.findall(page):
        if language == "sh":
            for line in text.splitlines():
                # A comment behind it tells what to see; a line without a command is only that.
                command = line.strip()
                if command and not command.startswith("#"):
                    print(command)


page = pathlib.Path(sys.argv[2]).read_text()
if sys.argv[1] == "example":
    example(page, pathlib.Path(sys.argv[3]).read_text(), pathlib.Path(sys.argv[4]))
else:
    commands(page)
