"""`exec` of a fake cluster: the command runs on this machine, and its output is sent over a real WebSocket."""

import json
import subprocess
from base64 import b64encode
from hashlib import sha1
from http.server import BaseHTTPRequestHandler
from struct import pack
from urllib.parse import parse_qs, urlsplit

PROTOCOL = "v4.channel.k8s.io"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455
STDOUT, STDERR, ERROR = b"\1", b"\2", b"\3"


def answer(handler: BaseHTTPRequestHandler) -> None:
    """Switch protocols, run the query's command, and send its output and exit status."""
    done = subprocess.run(parse_qs(urlsplit(handler.path).query)["command"], capture_output=True, check=False)
    accept = b64encode(sha1((handler.headers["Sec-WebSocket-Key"] + MAGIC).encode()).digest()).decode()
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(101)
    handler.send_header("Upgrade", "websocket")
    handler.send_header("Connection", "Upgrade")
    handler.send_header("Sec-WebSocket-Accept", accept)
    handler.send_header("Sec-WebSocket-Protocol", PROTOCOL)
    handler.end_headers()
    causes = [{"reason": "ExitCode", "message": str(done.returncode)}]
    failed = {"status": "Failure", "details": {"causes": causes}}
    status = json.dumps(failed if done.returncode else {"status": "Success"}).encode()
    for channel, content in ((STDOUT, done.stdout), (STDERR, done.stderr), (ERROR, status)):
        handler.wfile.write(_frame(2, channel + content))
    handler.wfile.write(_frame(8, pack(">H", 1000)))
    handler.close_connection = True


def _frame(kind: int, content: bytes) -> bytes:
    size = len(content)
    length = pack(">B", size) if size < 126 else pack(">BH", 126, size) if size < 65536 else pack(">BQ", 127, size)
    return bytes([0x80 | kind]) + length + content
