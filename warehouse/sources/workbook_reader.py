"""Reads one workbook in a process of its own, which may take so much memory and no more: workbook_reader.py FILE OUTPUT BYTES.

A small workbook can ask for terabytes (two cells far apart are a table of all cells between them), and the library that reads it
then ends its process. Run as a program, never imported: it knows nothing of the rest.
"""

import resource
import sys

UNREADABLE = 3


def main() -> int:
    source, output, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import fastexcel

    try:
        frame = fastexcel.read_excel(source).load_sheet(0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        sys.stdout.write(str(error).splitlines()[0])
        return UNREADABLE
    frame.write_ipc(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
