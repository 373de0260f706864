"""A program on a terminal of its own.

Usage: terminal.py COLUMNS ROWS PROGRAM... Each line of stdin is an order in JSON: {"keys": text} types, {"size":
[columns, rows]} resizes. Each line of stdout is {"text": written} or {"size": [columns, rows]}, in the order in which
the terminal saw them. Ends with the program.
"""
import codecs
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios

columns, rows, *program = sys.argv[1:]
child, master = pty.fork()
if child == 0:
    os.execvp(program[0], program)


def resize(columns, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def tell(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


decoder = codecs.getincrementaldecoder("utf-8")("replace")


def drain(wait):
    """Passes on what the program wrote. False: the program has ended."""
    while select.select([master], [], [], wait)[0]:
        wait = 0
        try:
            written = os.read(master, 65536)
        except OSError:
            return False
        if not written:
            return False
        tell(text=decoder.decode(written))
    return True


resize(int(columns), int(rows))
waiting, orders, keys = b"", [], b""
while True:
    readable, writable, _ = select.select([master, 0], [master] if keys else [], [], 1)
    if master in readable and not drain(0):
        break
    if writable:
        keys = keys[os.write(master, keys[:512]):]
    if 0 in readable:
        more = os.read(0, 65536)
        if not more:
            break
        *orders, waiting = (waiting + more).split(b"\n")
        for order in map(json.loads, orders):
            if "keys" in order:
                keys += order["keys"].encode()
            if "size" in order:
                drain(0)
                resize(*order["size"])
                tell(size=order["size"])
try:
    os.kill(child, signal.SIGHUP)
except ProcessLookupError:
    pass
