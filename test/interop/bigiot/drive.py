"""Drives mPython's own bigiot.py, as it is, on a PC: python3 drive.py FILE HOST PORT ID KEY.

Calls come as JSON lines [name, [arguments], {named arguments}]; what happens goes out as JSON lines behind an "@", for the
client prints lines of its own.
"""
import importlib.util
import json
import socket
import sys
import threading

lock = threading.Lock()
real = socket.socket


def tell(kind, value):
    with lock:
        sys.stdout.write("@" + json.dumps([kind, value]) + "\n")
        sys.stdout.flush()


class Socket(real):
    """MicroPython's sockets take text; CPython's do not."""

    def send(self, data):
        return super().send(data.encode() if isinstance(data, str) else data)


socket.socket = Socket
# Where CPython reports an exception that ended a thread.
sys.unraisablehook = lambda it: tell("dead", it.exc_type.__name__)

path, host, port, number, key = sys.argv[1:]
spec = importlib.util.spec_from_file_location("bigiot", path)
bigiot = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bigiot)
bigiot.Server_IP = host
bigiot.Server_Port = int(port)

device = bigiot.Device(int(number), key)
device.say_callback(lambda *args: tell("said", args))
tell("ready", device.checkinOK)
for line in sys.stdin:
    name, args, named = json.loads(line)
    try:
        value = getattr(device, name)
        tell("result", value(*args, **named) if callable(value) else value)
    except Exception as e:
        tell("threw", type(e).__name__)
