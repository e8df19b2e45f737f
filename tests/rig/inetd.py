"""The one server of a farm: for each connection it starts what the node at that address is. Run by ``farm``.

``python inetd.py DIRECTORY``: a connection to 10.77.16.<n> (and on) is handed to ``DIRECTORY/<address>/serve`` as its
standard input and output, as inetd would.
"""

import os
import signal
import socket
import sys
from pathlib import Path


def main() -> None:
    directory = Path(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    server = socket.create_server(("", 22), backlog=1024)
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        program = directory / connection.getsockname()[0] / "serve"
        if program.exists() and os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(connection.fileno(), 0)
            os.dup2(connection.fileno(), 1)
            os.execv(program, [str(program)])
        connection.close()


if __name__ == "__main__":
    main()
