"""Switches the offloads of an interface off, so that frames carry their checksums. Usage: offload.py INTERFACE."""
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
# Transmit checksums, scatter and gather, segmentation (TCP and generic), generic receive.
COMMANDS = (0x17, 0x19, 0x1F, 0x24, 0x2C)

control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for command in COMMANDS:
    value = array.array("B", struct.pack("II", command, 0))
    request = struct.pack("16sP", sys.argv[1].encode(), value.buffer_info()[0])
    try:
        fcntl.ioctl(control, SIOCETHTOOL, request)
    except OSError as error:
        print(f"{sys.argv[1]}: {command:#x}: {error}", file=sys.stderr)
